"""What the caller hands over for one bundle: values only.

Evidence is written without asking anybody: whatever it needs is in here, or it does not say it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.evidence.crowd import CrowdEvidence
from sandbox.evidence.register import Standing
from sandbox.model.block import BlockDescriptor
from sandbox.model.matches import RegistersReport
from sandbox.model.population import Manifest
from sandbox.model.run import Event, Exchange
from sandbox.model.sandbox import SandboxSpec
from sandbox.model.scenario import Scenario
from sandbox.model.wiring import Wiring
from sandbox.runtime import RuntimeInfo


def files_of(scenario: Scenario) -> Mapping[str, bytes]:
    """Read everything that a scenario is, by path relative to its folder."""
    return {
        path.relative_to(scenario.folder).as_posix(): path.read_bytes()
        for path in sorted(scenario.folder.rglob("*"))
        if path.is_file() and path.suffix in (".yaml", ".md", ".sql")
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionFound:
    """A threshold that was set before the run, and what the run found."""

    label: str
    wanted: str
    found: Any
    unit: str = ""
    met: bool
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRuleFound:
    """A rule for stopping the pilot, and whether this run reached it."""

    label: str
    when: str
    found: Any
    unit: str = ""
    reached: bool
    then: str
    exchanges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """The question this run was to answer, as fixed before its first step."""

    name: str
    question: str
    boundary: str = ""
    owner: str
    set_on: str
    digest: str
    """SHA-256 of the file that fixed it."""
    criteria: tuple[CriterionFound, ...]
    stop_rules: tuple[StopRuleFound, ...] = ()

    @property
    def met(self) -> bool:
        """Whether all criteria were met and no rule for stopping was reached."""
        return all(each.met for each in self.criteria) and not any(each.reached for each in self.stop_rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything a bundle is made of. Bodies and headers are redacted already.

    Attributes:
        events: What the runner emitted, in order; may end early when the run was cut short.
        exchanges: The mediator's message log of the run, in order.
        logs: Log text by instance.
        scenario_files: Scenario and policy as run, by path relative to the scenario's folder.
        who: Who started the run, as they name themselves.
        command: What repeats the run.
        versions: Product, commit, Engine, Python: name to version.
        limits: What a run of this scenario can't tell, one sentence each.
        passed: The scenario's sentence of success, with its places, as it can be said in another language.
        standing: The run's place in the register; None for a run that was never entered.
        pilot: Criteria set before the run; without them the page says "demonstration".
        pilot_file: The file that set them, byte for byte.
        blocks: Descriptors of the blocks that ran, by slug: how far they conform, which columns they hold.
        registers: What dirty registers make of the people; None when the registers were clean.
        crowd: What came of many journeys; then `exchanges` are a sample, and the log lies on disk.
    """

    events: Sequence[Event]
    exchanges: Sequence[Exchange]
    logs: Mapping[str, str]
    manifest: Manifest
    wiring: Wiring
    scenario_files: Mapping[str, bytes]
    spec: SandboxSpec
    runtime: RuntimeInfo
    who: str
    command: str
    versions: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    passed: str = ""
    standing: Standing | None = None
    pilot: Pilot | None = None
    pilot_file: bytes = b""
    blocks: Mapping[str, BlockDescriptor] = field(default_factory=dict)
    registers: RegistersReport | None = None
    crowd: CrowdEvidence | None = None
