"""What somebody asks a served installation for: the same wishes as the command line's, as they travel."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from sandbox.model.block import Frozen

Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class People(Frozen):
    """Which citizens: pack, how many, from which seed, with how much dirt."""

    pack: Word = "zz"
    size: int = Field(default=1000, ge=1, le=10_000_000)
    seed: int = Field(default=1, ge=0, lt=2**63)
    dirt: Word = "none"


class SandboxAsked(Frozen):
    """A sandbox to be brought up: of a scenario, or of some blocks."""

    name: str | None = Field(default=None, max_length=22)
    """Drawn when not given."""
    scenario: Word | None = None
    blocks: tuple[Word, ...] = Field(default=(), max_length=20)
    runtime: Word | None = None
    """The installation's own when not given."""
    people: People = People()
    swaps: tuple[Annotated[str, StringConstraints(max_length=300)], ...] = Field(default=(), max_length=8)
    lease_seconds: int | None = Field(default=None, ge=60, le=90 * 86_400)
    """How long it lives; until it is removed when not given."""

    @property
    def lease(self) -> timedelta | None:
        """How long it lives."""
        return timedelta(seconds=self.lease_seconds) if self.lease_seconds else None


Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class WorkshopAsked(Frozen):
    """A workshop: seats in sandboxes of one scenario, as many to a sandbox as there are roles."""

    title: Line
    scenario: Word
    seats: int = Field(ge=1, le=10_000)
    roles: tuple[Line, ...] = Field(default=("participant",), min_length=1, max_length=6)
    """Who sits in a sandbox, such as officer, citizen, auditor; more than one person shares it."""
    runtime: Word | None = None
    people: People = People()
    lease_seconds: int = Field(default=8 * 3600, ge=60, le=90 * 86_400)
    """How long the sandboxes live if nobody closes the workshop before."""


class RunAsked(Frozen):
    """A scenario to be played: in a sandbox of its own, or in one that is up."""

    scenario: Word
    sandbox: Word | None = None
    """Plays in this one, and leaves it up."""
    runtime: Word | None = None
    people: People = People()
    swaps: tuple[Annotated[str, StringConstraints(max_length=300)], ...] = Field(default=(), max_length=8)
    inputs: dict[str, Any] = Field(default={}, max_length=50)
