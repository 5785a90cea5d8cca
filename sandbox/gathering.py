"""What a run leaves, gathered from a sandbox that still runs into the values that evidence is made of.

Asks and reads only; whatever is gone already is left out, and nothing is written but a message log
too long to be held.
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
from sandbox.evidence.crowd import CrowdEvidence
from sandbox.evidence.leaks import LiveSecrets
from sandbox.evidence.material import Material, files_of
from sandbox.evidence.register import Standing
from sandbox.evidence.spool import Spooled, spool_exchanges
from sandbox.evidence.wording import Names
from sandbox.lifecycle.service import Running, Tools, Wish
from sandbox.model.dirt import DirtManifest
from sandbox.model.matches import RegistersReport
from sandbox.model.population import Manifest
from sandbox.model.run import Event, Exchange, StepFinished
from sandbox.model.scenario import Scenario
from sandbox.population.dirt import count_matches, find_encounters, read_policy
from sandbox.settings import CONTENT_ROOT

LOG_LINES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was known before the run began."""

    wish: Wish
    manifest: Manifest
    scenario: Scenario
    standing: Standing
    command: str
    dirt: DirtManifest | None


def gather(
    tools: Tools,
    gathered: Gathered,
    running: Running,
    heard: Sequence[Event],
    redactor: Redactor,
    crowd: CrowdEvidence | None,
) -> Material:
    """Ask the sandbox, as long as it runs, for what the evidence is made of."""
    info = tools.runtime.info()
    exchanges = crowd.spooled.sample if crowd else _exchanges(running)
    people = (
        crowd.spooled.individuals
        if crowd
        else {exchange.individual for exchange in exchanges if exchange.individual}
    )
    images = {each.name: each.image for each in tools.runtime.observe(running.spec.name) if each.image}
    return Material(
        events=heard,
        exchanges=exchanges,
        logs=_logs(tools, running, redactor),
        manifest=gathered.manifest,
        wiring=gathered.wish.wiring,
        scenario_files=files_of(gathered.scenario),
        spec=running.spec.model_copy(update={"images": images}),
        runtime=info,
        who=getpass.getuser(),
        command=gathered.command,
        versions={
            "civic-sandbox": __version__,
            "Python": platform.python_version(),
            f"runtime {info.name}": info.version,
        },
        limits=gathered.scenario.findings.limits,
        standing=gathered.standing,
        registers=_count_registers(gathered, people),
        crowd=crowd,
    )


def spool_log(
    gathered: Gathered, running: Running, folder: Path, heard: Sequence[Event], issued: Collection[str]
) -> Spooled:
    """Write the whole message log to disk; of a mediator that is gone, as far as it came."""

    def lines() -> Iterator[Exchange]:
        with suppress(SandboxError), running.gate() as gate:
            yield from gate.each_exchange()

    shown = {each for event in heard if isinstance(event, StepFinished) for each in event.result.exchanges}
    return spool_exchanges(
        lines(), folder, names=Names(gathered.wish.wiring), secrets=LiveSecrets(issued), shown=shown
    )


def _count_registers(gathered: Gathered, individuals: Set[str]) -> RegistersReport | None:
    """Count what dirty registers make of the people, by the scenario's own policy where it has one."""
    if gathered.dirt is None:
        return None
    policy = gathered.scenario.folder / "policy.yaml"
    eligibility = read_policy(policy, gathered.scenario.folder.parent.parent) if policy.is_file() else None
    return RegistersReport(
        planted=gathered.dirt,
        matches=count_matches(gathered.wish.population, eligibility=eligibility),
        met=find_encounters(gathered.wish.population, gathered.dirt, individuals),
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
