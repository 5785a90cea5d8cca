"""What those who put goods on the market pay together, and how it is shared to the last coin.

Two methods. `shared-cost`: overhead and the cost of what was collected, by everybody's share of the weight.
`tariff`: so much a tonne. Either way the fees add up to the total exactly: each is rounded down, and what
is left goes, a smallest coin each, to those whose fees lost most (the largest remainder).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from blockkit.money import decimals
from blocks.registration.policy import Figure, Frozen
from blocks.registration.sources import RegistryName, Source

NotNegative = Annotated[Figure, Field(ge=0)]


class Reports(Frozen):
    """A registry whose records are added up: the field that is summed, and the one that names the period."""

    registry: RegistryName
    quantity: str
    period: str


class Levy(Frozen):
    """A yearly fee that a period's applications owe together; `content` is what the register says."""

    role: str
    period: str
    quantity: str
    collected: Reports
    registry: RegistryName
    content: dict[str, Source]


class LevyPolicy(Frozen):
    """How much is owed: amounts in major units, quantities in tonnes."""

    method: Literal["shared-cost", "tariff"]
    overhead: NotNegative | None = None
    cost_per_tonne: NotNegative | None = None
    tariff_per_tonne: NotNegative | None = None
    due_days: Annotated[int, Field(ge=0, le=3650)]
    late_percent: Annotated[Figure, Field(ge=0, le=1000)] = Decimal(0)

    @model_validator(mode="after")
    def _says_what_its_method_needs(self) -> Self:
        shared = self.overhead is not None and self.cost_per_tonne is not None
        if self.method == "shared-cost" and not (shared and self.tariff_per_tonne is None):
            raise ValueError("shared-cost needs overhead and cost_per_tonne, and no tariff_per_tonne")
        if self.method == "tariff" and (self.tariff_per_tonne is None or shared):
            raise ValueError("tariff needs tariff_per_tonne, and neither overhead nor cost_per_tonne")
        return self


@dataclass(frozen=True, slots=True)
class Allotted:
    """Fees in minor units, in the order of the weights; they add up to the total."""

    total: int
    fees: tuple[int, ...]


def compute(policy: LevyPolicy, weights: Sequence[Decimal], collected: Decimal, currency: str) -> Allotted:
    """Compute what is owed together and by each. Raises ValueError when nobody put anything on the market."""
    if policy.method == "tariff":
        owed = (policy.tariff_per_tonne or Decimal(0)) * sum(weights, Decimal(0))
    else:
        owed = (policy.overhead or Decimal(0)) + (policy.cost_per_tonne or Decimal(0)) * collected
    total = int(owed.scaleb(decimals(currency)).to_integral_value(ROUND_HALF_UP))
    return Allotted(total, allot(total, weights))


def allot(total: int, weights: Sequence[Decimal]) -> tuple[int, ...]:
    """Share whole coins by weight; of equal remainders the earlier one wins. Raises ValueError."""
    if any(weight < 0 for weight in weights) or not any(weights):
        raise ValueError("there is no weight by which a total could be shared")
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact, Fraction(0))
    shares = [total * weight / whole for weight in exact]
    fees = [int(share) for share in shares]
    lost = sorted(range(len(fees)), key=lambda at: (fees[at] - shares[at], at))
    for at in lost[: total - sum(fees)]:
        fees[at] += 1
    return tuple(fees)


def add_percent(fee: int, percent: Decimal) -> int:
    """Give a fee with its surcharge, in minor units."""
    return fee + int((Decimal(fee) * percent / 100).to_integral_value(ROUND_HALF_UP))
