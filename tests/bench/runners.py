"""How fast workflows are played: steps a second of one of 200 calls, and journeys a second of many at once.

Everything calls a local service that sends back what it is sent. Peers: Redocly's `respect` and arazzo-runner
for the one workflow, each from the file on and without its own start, and Locust for the calls of the
journeys, on one core as ours. All checks are on in ours: contracts, criteria, redaction, one event a step;
its document was read once before, as with the command, which keeps what it has read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from echo import echoing
from figures import Figure, Series
from installation import Installation
from other_runners import install_peers, journeys_with_locust, play_with_arazzo_runner

from sandbox.calls.client import MediatorClient
from sandbox.calls.conditions import parse_condition
from sandbox.calls.expressions import parse_reference
from sandbox.calls.redaction import Redactor
from sandbox.catalog.catalog import open_catalog
from sandbox.errors import SandboxError, UsageError
from sandbox.model.crowd import CrowdWish
from sandbox.model.population import PopulationRef
from sandbox.model.run import Event, Outcome
from sandbox.runner.compile import compile_scenario
from sandbox.runner.crowd import Around
from sandbox.runner.play import RunFacts, play
from sandbox.runner.play_crowd import play_crowd

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.fakes.echo_content import EchoContent, send, story
from tests.nodes import install

STEPS = 200
CALLS = 10
JOURNEYS = 300
AT_ONCE = 10
LOCUST_SECONDS = 8
PREFIX = "/r1/SBX/GOV/CENTRAL/things"
TOKEN = "token-of-the-bench"
FACTS = RunFacts(run="r", sandbox="s", runtime="local", population=PopulationRef(), population_digest="d")


def measure(installation: Installation, runs: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure ours beside whoever can be had, and say who could not."""
    content = EchoContent(installation.scratch / "echo-content")
    many = {
        "journey.arazzo.yaml": _workflow("journey", CALLS),
        "closing.arazzo.yaml": _workflow("closing", 1),
    }
    catalog, slug = content.write(_story(STEPS), many)
    folder = catalog.root / "scenarios" / slug
    with echoing() as (address, server):
        ours, bare = [], []
        _play(
            catalog.root, slug, address
        )  # documents that were read once are kept, as the command keeps them
        for _ in range(runs):
            ours.append(STEPS / _play(catalog.root, slug, address))
            bare.append(_bare_calls(address))
        say(f"{Series(ours).median:,.0f} steps/s")
        overhead = [(1 / rate - seconds / STEPS) * 1e6 for rate, seconds in zip(ours, bare, strict=True)]
        peers = _others(installation, folder, address, runs, say)
        fastest = max(peers, key=lambda name: Series(peers[name]).median, default=None)
        figures = [
            Figure(
                name="steps-per-second",
                unit="steps/s",
                measured=Series(ours),
                peer=fastest,
                peer_measured=Series(peers[fastest]) if fastest else None,
                ratio_aim=4.0 if fastest else None,
                more_is_better=True,
                details={name: Series(values).median for name, values in peers.items()},
            ),
            Figure(name="overhead-per-step", unit="µs", measured=Series(overhead)),
        ]
        with _on_one_core(server):
            crowd = [JOURNEYS / _play_many(catalog.root, slug, address) for _ in range(runs)]
            say(f"{Series(crowd).median:,.1f} journeys/s of {CALLS} calls")
            locust = _locust(installation, address, runs, say)
        figures.append(
            Figure(
                name="journeys-per-second",
                unit="journeys/s",
                measured=Series(crowd),
                peer="Locust, FastHttpUser, the same calls" if locust else None,
                peer_measured=Series(locust) if locust else None,
                ratio_aim=1.0 if locust else None,
                more_is_better=True,
            )
        )
    return figures


def _step(number: int) -> dict[str, Any]:
    criteria = [{"condition": "$statusCode == 200"}, {"condition": f"$response.body#/n == {number}"}]
    return send(
        f"step-{number}",
        {"n": number, "text": "some words"},
        description="It comes back.",
        successCriteria=criteria,
        outputs={"n": "$response.body#/n"},
    )


def _story(steps: int) -> dict[str, Any]:
    return story([_step(number) for number in range(steps)], summary="All come back.")


def _workflow(name: str, calls: int) -> dict[str, Any]:
    document = _story(calls)
    document["workflows"][0]["workflowId"] = name
    return document


def _play(root: Path, slug: str, address: str) -> float:
    """Seconds from the file to the verdict; what was parsed before is forgotten, as by a new command."""
    parse_condition.cache_clear()
    parse_reference.cache_clear()
    began = time.perf_counter()
    catalog = open_catalog(root, cache=root / "read")
    scenario = catalog.scenario(slug)
    events: list[Event] = []
    with MediatorClient(address, TOKEN) as caller:
        finished = play(
            compile_scenario(scenario, catalog.interfaces(scenario)),
            facts=FACTS,
            caller=caller,
            listeners=[events.append],
            inputs={},
            redactor=Redactor([TOKEN]),
            clock=lambda: datetime.now(UTC),
            sleep=time.sleep,
        )
    if finished.verdict.outcome is not Outcome.PASSED:
        raise RuntimeError(finished.verdict.sentence)
    return time.perf_counter() - began


def _bare_calls(address: str) -> float:
    """Seconds of the same calls with nothing around them."""
    with httpx2.Client(base_url=address, trust_env=False) as client:
        began = time.perf_counter()
        for number in range(STEPS):
            client.post(f"{PREFIX}/echo", json={"n": number, "text": "some words"}).json()
        return time.perf_counter() - began


def _play_many(root: Path, slug: str, address: str) -> float:
    catalog = open_catalog(root, cache=root / "read")
    scenario = catalog.scenario(slug)
    compiled = compile_scenario(scenario, catalog.interfaces(scenario))
    began = time.perf_counter()
    run = play_crowd(
        compiled,
        CrowdWish(journeys=JOURNEYS, concurrency=AT_ONCE),
        facts=FACTS,
        around=Around(
            open_caller=lambda: MediatorClient(address, TOKEN),
            clock=lambda: datetime.now(UTC),
            sleep=time.sleep,
            make_redactor=lambda: Redactor([TOKEN]),
        ),
        listeners=[],
        inputs={},
        redactor=Redactor([TOKEN]),
    )
    if run.report is None or run.report.passed != JOURNEYS:
        raise RuntimeError(run.finished.verdict.sentence)
    return time.perf_counter() - began


def _others(
    installation: Installation, folder: Path, address: str, runs: int, say: Callable[[str], None]
) -> Mapping[str, list[float]]:
    found: dict[str, list[float]] = {}
    measures: Mapping[str, Callable[[], float]] = {
        "respect": _respect(folder, address),
        "arazzo-runner": _arazzo_runner(installation, address),
    }
    for name, seconds in measures.items():
        try:
            found[name] = [STEPS / seconds() for _ in range(runs)]
            say(f"{name}: {Series(found[name]).median:,.0f} steps/s")
        except (SandboxError, pytest.skip.Exception) as error:
            say(f"[red]{name} could not be measured:[/red] {error}")
    return found


def _respect(folder: Path, address: str) -> Callable[[], float]:
    def seconds() -> float:
        program = install("redocly").program("redocly")
        report = folder / "report.json"
        command = [str(program), "respect", "scenario.arazzo.yaml", "--server", f"things={address}{PREFIX}"]
        done = subprocess.run(
            [*command, "--json-output", str(report)],
            cwd=folder,
            env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise UsageError(f"respect did not pass it: {done.stdout[-300:]}")
        return float(json.loads(report.read_text(encoding="utf-8"))["totalTime"]) / 1000

    return seconds


def _arazzo_runner(installation: Installation, address: str) -> Callable[[], float]:
    """It wants a bare operationId, and the server's address in the contract."""

    def seconds() -> float:
        flat = installation.scratch / "flat"
        document = _story(STEPS)
        for step in document["workflows"][0]["steps"]:
            step["operationId"] = "echo"
        document["sourceDescriptions"] = [{"name": "things", "type": "openapi", "url": "openapi.yaml"}]
        contract = json.loads(
            (installation.scratch / "echo-content/blocks/things/openapi.yaml").read_text(encoding="utf-8")
        )
        contract["servers"] = [{"url": f"{address}{PREFIX}"}]
        flat.mkdir(exist_ok=True)
        (flat / "openapi.yaml").write_text(json.dumps(contract), encoding="utf-8")
        (flat / "scenario.arazzo.yaml").write_text(json.dumps(document), encoding="utf-8")
        return play_with_arazzo_runner(_peers(installation), flat / "scenario.arazzo.yaml", STEPS)

    return seconds


def _locust(
    installation: Installation, address: str, runs: int, say: Callable[[str], None]
) -> list[float] | None:
    try:
        python = _peers(installation)
        rates = [
            journeys_with_locust(
                python, address, f"{PREFIX}/echo", calls=CALLS, users=AT_ONCE, seconds=LOCUST_SECONDS
            )
            for _ in range(runs)
        ]
    except SandboxError as error:
        say(f"[red]Locust could not be measured:[/red] {error}")
        return None
    say(f"Locust: {Series(rates).median:,.1f} journeys/s")
    return rates


def _peers(installation: Installation) -> Path:
    folder = installation.scratch / "peers"
    return folder / "bin" / "python" if folder.is_dir() else install_peers(folder)


@contextmanager
def _on_one_core(server: int) -> Iterator[None]:
    """Keep this process and what it starts on one core, and the service on another where there is one."""
    before = os.sched_getaffinity(0)
    mine, *others = sorted(before)
    os.sched_setaffinity(server, others or {mine})
    os.sched_setaffinity(0, {mine})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
