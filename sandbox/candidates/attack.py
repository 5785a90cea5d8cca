"""An attack on a sandbox of ours: every way out is tried, and what arrives is counted.

Each area gives claims. What is never seen to work proves nothing, so senders that are not confined
use the same receivers, and counterproofs among the claims say that these heard them. Nothing here
knows an Engine: a `Prover` has the hands, a runtime the sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.candidates import programs
from sandbox.candidates.networks import attack_networks
from sandbox.candidates.target import CANDIDATE, POSTGRES, Target
from sandbox.errors import SandboxError
from sandbox.lifecycle.instances import CONTROLS, MEDIATOR
from sandbox.lifecycle.service import Report, silent
from sandbox.model.attack import Claim
from sandbox.runtime import Limits

MOST_MEMORY_MIB = 1024
MOST_PIDS = 700


def attack(target: Target, *, report: Report = silent) -> Sequence[Claim]:
    """Attack in every way there is; a way that could not be gone is a claim that does not hold."""
    ways: Sequence[tuple[str, Callable[[], Sequence[Claim]]]] = (
        ("networks", lambda: attack_networks(target)),
        ("databases", lambda: _try_databases(target)),
        ("secrets and escalation", lambda: _look_around(target)),
        ("bombs", lambda: _throw_bombs(target)),
    )
    claims: list[Claim] = []
    for number, (stage, way) in enumerate(ways):
        report(f"attacking: {stage}", number, len(ways))
        try:
            claims += way()
        except SandboxError as error:
            claims.append(
                Claim(
                    area="counterproof",
                    claim=f"The attack on {stage} could be made.",
                    held=False,
                    found=str(error),
                )
            )
    return claims


def _try_databases(target: Target) -> list[Claim]:
    spec = target.running.spec
    blocks = [name for name in spec.blocks if name not in spec.foreign]
    site = target.running.site.database
    own = {name: f"{site.prefix}_{name.replace('-', '_')}" for name in blocks}
    shared = (f"{site.prefix}_admin", "postgres", "template1")
    asked = json.dumps([(POSTGRES, name) for name in (*own.values(), *shared)])
    said = target.run_in_all(blocks, programs.TRYING_DATABASES, DATABASES=asked)
    opened = {name: [database for _, database in json.loads(each)] for name, each in said.items()}
    tried = f"{len(blocks)} roles tried {len(own) + len(shared)} databases each"
    foreign = {name: sorted(set(found) - {own[name]}) for name, found in opened.items()}
    foreign = {name: found for name, found in foreign.items() if found}
    shut = sorted(name for name, found in opened.items() if own[name] not in found)
    return [
        Claim(
            area="counterproof",
            claim="Each block's role opens its own database.",
            held=not shut,
            found=f"shut out: {', '.join(shut)}" if shut else tried,
        ),
        Claim(
            area="databases",
            claim="No role opens another's database, nor one that nobody owns.",
            held=not foreign,
            found=f"opened: {foreign}" if foreign else tried,
        ),
    ]


def _look_around(target: Target) -> list[Claim]:
    said = target.run_in_all(target.insiders, programs.LOOKING_AROUND)
    said[CANDIDATE] = target.run_as_candidate(programs.LOOKING_AROUND).log_tail
    seen = {name: json.loads(text) for name, text in said.items()}
    return [_judge_secrets(target, seen), *_judge_escalation(seen)]


def _judge_secrets(target: Target, seen: dict[str, Any]) -> Claim:
    """Nobody holds another's secret: only the gate proves itself to all, and the controls make databases."""
    secrets, spec = target.running.secrets, target.running.spec
    wrong = []
    for name, each in seen.items():
        text = each["environment"]
        foreign = [
            *(
                secrets.block(other)
                for other in target.running.instances
                if other != name and name != MEDIATOR
            ),
            *(secrets.database(other) for other in spec.blocks if other != name and name != CONTROLS),
            *([] if name in (MEDIATOR, CONTROLS) else [secrets.token]),
            secrets.root,
        ]
        if any(secret in text for secret in foreign):
            wrong.append(name)
    return Claim(
        area="secrets",
        claim="No environment holds a secret of somebody else.",
        held=not wrong,
        found=f"held by: {', '.join(wrong)}" if wrong else f"{len(seen)} environments searched by value",
    )


def _judge_escalation(seen: dict[str, Any]) -> list[Claim]:
    def claim(sentence: str, held: Callable[[str, Any], bool], shown: str) -> Claim:
        wrong = [name for name, each in seen.items() if not held(name, each)]
        found = f"not so: {', '.join(wrong)}" if wrong else shown
        return Claim(area="escalation", claim=sentence, held=not wrong, found=found)

    # The Engine gives these to every container; what lies there counts as its memory.
    memory = {"/tmp", "/dev/shm", "/dev/mqueue"}  # noqa: S108

    def own(name: str) -> set[str]:
        return {"/srv/postgres"} if name == POSTGRES else set()

    count = f"{len(seen)} instances looked at from inside"
    return [
        claim("Every process is unprivileged.", lambda _, each: "0" not in each["uids"], count),
        claim(
            "No capability is held or can be had.",
            lambda _, each: {int(word, 16) for word in each["capabilities"]} == {0},
            count,
        ),
        claim(
            "New privileges are refused and system calls filtered.",
            lambda _, each: each["no_new_privileges"] == "1" and each["seccomp"] == "2",
            count,
        ),
        claim(
            "Only memory can be written to, and nothing there can be run.",
            lambda name, each: (
                set(each["writable"]) <= memory | own(name) and set(each["executable"]) <= own(name)
            ),
            count,
        ),
        claim("The Engine's socket is nowhere.", lambda _, each: not each["sockets"], count),
        claim("Nothing has IPv6.", lambda _, each: set(each["ipv6"]) <= {"lo"}, count),
        claim("Memory, processes and processor are limited.", lambda _, each: _is_limited(each), count),
    ]


def _is_limited(each: dict[str, Any]) -> bool:
    try:
        memory, pids = int(each["memory"][0]), int(each["pids"][0])
        quota, period = (int(word) for word in each["cpu"])
    except (TypeError, ValueError):  # `max`, or no such file
        return False
    return 0 < memory <= MOST_MEMORY_MIB << 20 and 0 < pids <= MOST_PIDS and 0 < quota <= 2 * period


def _throw_bombs(target: Target) -> list[Claim]:
    memory = target.run_as_candidate(programs.TAKING_MEMORY)
    forks = target.run_as_candidate(programs.FORKING)
    count = forks.log_tail.strip()
    with target.running.gate() as gate:
        unready = [each.name for each in gate.readiness() if not each.ready]
    return [
        Claim(
            area="bombs",
            claim="Who takes too much memory is killed.",
            held=memory.exit_code == 137 and "taken" not in memory.log_tail,
            found=f"ended with {memory.exit_code}",
        ),
        Claim(
            area="bombs",
            claim="Who forks without end comes to one.",
            held=count.isdecimal() and 0 < int(count) < Limits().pids,
            found=f"{count} processes, then refused" if count.isdecimal() else forks.log_tail[-200:],
        ),
        Claim(
            area="bombs",
            claim="All others stay ready.",
            held=not unready,
            found=f"not ready: {', '.join(unready)}" if unready else "every instance answers",
        ),
    ]
