"""A sandbox as a wish: what should run, with which citizens, until when."""

from __future__ import annotations

import re
from datetime import date, datetime

from pydantic import Field

from sandbox.errors import UsageError
from sandbox.model.block import Frozen
from sandbox.model.population import PopulationRef

NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,20}[a-z0-9])?")


def check_name(name: str) -> str:
    """Return `name` when it can name a sandbox on every runtime, else raise UsageError."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"sandbox name {name!r} can't be used",
            hint="use 1 to 22 characters: small letters, digits and hyphens, beginning with a letter",
        )
    return name


class Swap(Frozen):
    """A product that stands in a reference block's place, as the sandbox remembers it."""

    block: str
    ref: str
    name: str
    image: str
    parts: dict[str, str] = {}
    """Images of what it brought along, by instance; empty for one of ours."""
    relaxations: tuple[str, ...] = ()
    """What it was allowed beyond a reference block, one sentence each."""
    clock: str = "follows"
    settles: str = "outward"
    url: str = ""
    """Where it runs, when it runs somewhere else; then `image` is empty."""


class SandboxSpec(Frozen):
    """Everything needed to list, adopt, rebuild or discard one sandbox; kept by the runtime itself.

    `created` and `expires` are real times (UTC); `clock_start` is the business date on
    which the sandbox's own clock begins, the population's reference date.
    """

    name: str
    runtime: str
    scenario: str | None = None
    blocks: tuple[str, ...]
    population: PopulationRef
    population_digest: str = ""
    clock_start: date
    created: datetime
    expires: datetime | None = None
    product_version: str = ""
    images: dict[str, str] = Field(default_factory=dict)
    swaps: tuple[Swap, ...] = ()

    @property
    def foreign(self) -> tuple[str, ...]:
        """Names of the instances that are not ours: candidates, and what they brought along."""
        return tuple(name for swap in self.swaps if not swap.url for name in (swap.block, *swap.parts))

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Blocks whose place a product has that runs somewhere else: nothing here is started for them."""
        return tuple(swap.block for swap in self.swaps if swap.url)

    @property
    def started(self) -> tuple[str, ...]:
        """Blocks that are started here."""
        return tuple(block for block in self.blocks if block not in self.elsewhere)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the instances that candidates brought along, and ways to those that run elsewhere."""
        return tuple(name for swap in self.swaps for name in swap.parts)

    def expired(self, now: datetime) -> bool:
        """Whether the lease has run out at `now`."""
        return self.expires is not None and self.expires <= now
