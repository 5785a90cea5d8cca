"""Gathers what a bundle is made of: what was heard of a run, and what its sandbox still tells.

It asks the mediator for its log and every instance for what it said, and judges nothing but the
criteria that were set before. A mediator that is gone has nothing to tell; the rest is told all the same.
"""

from __future__ import annotations

import getpass
import platform
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox import __version__
from sandbox.calls.redaction import Redactor
from sandbox.errors import SandboxError
from sandbox.evidence.criteria import judge_pilot
from sandbox.evidence.crowd import CrowdEvidence
from sandbox.evidence.leaks import LiveSecrets
from sandbox.evidence.material import Material, files_of
from sandbox.evidence.protection.inquiry import Inquiry, find_logged_in
from sandbox.evidence.register import Standing
from sandbox.evidence.spool import MOST_NUMBERS, Spooled, spool_exchanges
from sandbox.evidence.wording import Names
from sandbox.lifecycle.service import Running, Tools, Wish
from sandbox.model.dirt import DirtManifest
from sandbox.model.matches import RegistersReport
from sandbox.model.pilot import SetPilot
from sandbox.model.population import Manifest
from sandbox.model.run import Event, Exchange, StepFinished
from sandbox.model.scenario import Scenario
from sandbox.population.dirt import count_matches, find_encounters, read_policy
from sandbox.settings import CONTENT_ROOT

LOG_LINES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of a run without asking its sandbox."""

    scenario: Scenario
    manifest: Manifest
    dirt: DirtManifest | None
    command: str
    pilot: SetPilot | None
    standing: Standing
    events: Sequence[Event]


def gather_material(
    tools: Tools,
    running: Running,
    wish: Wish,
    told: Told,
    redactor: Redactor,
    crowd: CrowdEvidence | None = None,
) -> Material:
    """Gather everything that one run's evidence is made of; of many journeys, a sample of the exchanges."""
    info = tools.runtime.info()
    exchanges = crowd.spooled.sample if crowd else _exchanges(running)
    people = (
        crowd.spooled.individuals
        if crowd
        else {exchange.individual for exchange in exchanges if exchange.individual}
    )
    images = {each.name: each.image for each in tools.runtime.observe(running.spec.name) if each.image}
    return Material(
        events=told.events,
        exchanges=exchanges,
        logs=_logs(tools, running, redactor),
        manifest=told.manifest,
        wiring=wish.wiring,
        scenario_files=files_of(told.scenario),
        spec=running.spec.model_copy(update={"images": images}),
        runtime=info,
        who=getpass.getuser(),
        command=told.command,
        versions={
            "civic-sandbox": __version__,
            "Python": platform.python_version(),
            f"runtime {info.name}": info.version,
        },
        limits=told.scenario.findings.limits,
        passed=told.scenario.findings.passed,
        standing=told.standing,
        blocks=wish.blocks,
        pilot=judge_pilot(told.pilot, told.events, exchanges, crowd) if told.pilot else None,
        pilot_file=told.pilot.content if told.pilot else b"",
        registers=_count_registers(wish, told, people),
        crowd=crowd,
    )


def spool_log(
    wish: Wish, running: Running, folder: Path, heard: Sequence[Event], issued: Collection[str]
) -> Spooled:
    """Write the whole message log to disk; of a mediator that is gone, as far as it came."""

    def lines() -> Iterator[Exchange]:
        with suppress(SandboxError), running.gate() as gate:
            yield from gate.each_exchange()

    shown = {each for event in heard if isinstance(event, StepFinished) for each in event.result.exchanges}
    inquiry = Inquiry(wish.wiring, wish.blocks, logged_in=find_logged_in(heard), most_numbers=MOST_NUMBERS)
    return spool_exchanges(
        lines(),
        folder,
        names=Names(wish.wiring),
        secrets=LiveSecrets(issued),
        shown=shown,
        inquiry=inquiry,
    )


def _count_registers(wish: Wish, told: Told, individuals: Set[str]) -> RegistersReport | None:
    """Count what dirty registers make of the people, by the scenario's own policy where it has points."""
    if told.dirt is None:
        return None
    folder = told.scenario.folder
    policy = folder / "policy.yaml"
    own = told.scenario.policy.get("policy")
    points = isinstance(own, Mapping) and own.get("proxy_means")
    eligibility = read_policy(policy, folder.parent.parent) if points else None
    return RegistersReport(
        planted=told.dirt,
        matches=count_matches(wish.population, eligibility=eligibility),
        met=find_encounters(wish.population, told.dirt, individuals),
    )


def _exchanges(running: Running) -> Sequence[Exchange]:
    """Read the whole message log; a mediator that is gone has none to show."""
    try:
        with running.gate() as gate:
            return gate.exchanges()
    except SandboxError:
        return ()


def _logs(tools: Tools, running: Running, redactor: Redactor) -> Mapping[str, str]:
    """Read what every instance said; whose machine it was is nobody's business."""

    def plain(line: str) -> str:
        line = redactor.text(line).replace(str(tools.home), "$SANDBOX_HOME")
        return line.replace(str(CONTENT_ROOT), "$SANDBOX_CONTENT")

    return {
        name: "\n".join(map(plain, tools.runtime.logs(running.spec.name, name, tail=LOG_LINES)))
        for name in running.instances
    }
