"""Two policies over the same households: who gains, who loses, what it costs, and who is left out."""

from __future__ import annotations

from decimal import Decimal

from sandbox.model.block import Frozen


class GroupChange(Frozen):
    """What a change of policy does to one group of households. Amounts are of one payment, in major units.

    `poorest` are those of the whole population's poorest fifth by income a head; `left_out` of them
    get nothing.
    """

    group: str
    """`all`, `district` or `type`."""
    value: str
    households: int
    entitled_before: int
    entitled_after: int
    winners: int
    losers: int
    unchanged: int
    gains: Decimal
    losses: Decimal
    cost_before: Decimal
    cost_after: Decimal
    poorest: int
    left_out_before: int
    left_out_after: int

    @property
    def difference(self) -> Decimal:
        """What the second policy costs more."""
        return self.cost_after - self.cost_before


class WhatIfReport(Frozen):
    """The comparison of two policies over one population."""

    scenario: str
    before: str
    """Name of the first policy's file."""
    after: str
    country: str
    pack: str
    size: int
    seed: int
    digest: str
    currency: str
    total: GroupChange
    districts: tuple[GroupChange, ...]
    types: tuple[GroupChange, ...]
