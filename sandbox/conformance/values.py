"""What a measurement finds, as values: findings, plays, requirements, and the report that holds them.

These are also the shapes of `report.json`. Calls in them are redacted already.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import computed_field

from sandbox.evidence.speech import noted
from sandbox.model.block import Frozen
from sandbox.model.run import Call, Outcome

Level = Literal["required", "recommended", "all"]

NOT_A_CERTIFICATE = noted(
    "This is not a GovStack certificate. It is what this sandbox found when it called the product; "
    "GovStack alone certifies."
)
NUMBER_UNKNOWN = noted(
    "Requirements without a number: GovStack publishes the text that numbers them apart from the "
    "definitions of this block, and the definitions name none."
)
NUMBER_NONE = noted(
    "Requirements without a number: GovStack specifies no such block; they are its own contract's."
)


class Part(StrEnum):
    """Which look found something."""

    CONTRACT = "contract"
    BEHAVIOUR = "behaviour"
    AGREEMENT = "agreement"
    SECRETS = "secrets"


class Met(StrEnum):
    """What is known of a requirement. Only a check that was made and held makes `met`."""

    MET = "met"
    NOT_MET = "not met"
    NOT_TESTED = "not tested"


class Finding(Frozen):
    """One thing that is not as the contract or a behaviour has it, with the exchange that showed it."""

    part: Part
    check: str
    """What was checked: `response_schema_conformance`, or a step's id."""
    operation_id: str
    sentence: str
    reason: str
    place: str = ""
    """`blocks/consent/conformance/withdrawal.arazzo.yaml:41`, for steps."""
    on_known_values: bool = False
    """Found while playing with values that everybody knows."""
    times: int = 1
    call: Call | None = None


class Play(Frozen):
    """One behaviour, played once."""

    behaviour: str
    title: str
    values: str
    """`known`, or `drawn 1` and so on."""
    outcome: Outcome
    steps: int
    failed_step: str = ""
    failed_operation: str = ""
    sentence: str = ""
    reason: str = ""

    @property
    def drawn(self) -> bool:
        """Whether its values were drawn from the hidden seed."""
        return self.values != "known"


class Exercised(Frozen):
    """How one operation was called, and how it stood."""

    operation_id: str
    summary: str
    cases: int = 0
    """Generated requests that were answered."""
    accepted: int = 0
    """Answered 2xx as the contract or a behaviour wants it, steps of behaviours included."""
    steps: int = 0
    """Steps of behaviours that held, with drawn values."""
    findings: int = 0
    tolerant: str = ""
    """Why what the contract forbids is taken here, or what it allows refused; from `block.yaml`."""


class Requirement(Frozen):
    """One requirement of GovStack's specification, or one group of operations that names none."""

    number: str
    group: str
    level: str
    operations: tuple[str, ...]
    verdict: Met
    why: str


class SeedProof(Frozen):
    """The seed's commitment, published before the first request, and what opens it."""

    commitment: str
    seed: int
    salt: str
    given: bool
    """True when the seed was given on the command line: then it was not hidden."""


class Report(Frozen):
    """Everything that one measurement found."""

    block: str
    name: str
    specification: str
    version: str
    product: str
    """The address that was called, or what we started ourselves."""
    evaluated: str = ""
    """Which product that is, where it was started for this: its name and image, or its command."""
    relaxations: tuple[str, ...] = ()
    """What it was allowed, one sentence each."""
    log_was_searched: bool = False
    """Whether what it logged was searched for the secrets that it was told."""
    level: Level
    started: datetime
    finished: datetime
    outcome: Outcome
    sentence: str
    proof: SeedProof
    cases: int
    plays: tuple[Play, ...]
    operations: tuple[Exercised, ...]
    requirements: tuple[Requirement, ...]
    findings: tuple[Finding, ...]
    honest_on_known_values_only: tuple[str, ...] = ()
    """Behaviours that hold with values everybody knows and not with drawn ones."""
    note: str = NOT_A_CERTIFICATE

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unnumbered(self) -> str:
        """Why requirements have no number of GovStack's; empty when each has one."""
        if all(one.number for one in self.requirements):
            return ""
        return NUMBER_UNKNOWN if self.specification else NUMBER_NONE
