"""The proxy-means test and the packages: arithmetic on facts, exact and without any other input.

A household's score is the sum of the points of all rules that hold for it; it is entitled from
the threshold on, to the amount of the last package whose `size_from` its size reaches. A policy without
rules and with one package grants the same to everybody whom the checks let through, whatever their home.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Figure = Annotated[Decimal, Field(max_digits=15, decimal_places=4, allow_inf_nan=False)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
SIZE = "size"


class Frozen(BaseModel):
    """A value from outside; what nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(Frozen):
    """Points for a household whose fact lies between the bounds, both inclusive."""

    points: Figure
    fact: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    at_least: Figure | None = None
    at_most: Figure | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Rule:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a rule needs at_least or at_most")
        return self

    def holds(self, value: int) -> bool:
        """Whether the points are given."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


class Package(Frozen):
    """What a household of at least this size gets, in major units."""

    size_from: Annotated[int, Field(ge=0)]
    amount: Annotated[Figure, Field(gt=0)]


class Policy(Frozen):
    """Who is entitled, and to how much."""

    proxy_means: Annotated[tuple[Rule, ...], Field(max_length=100)]
    threshold: Figure
    packages: Annotated[tuple[Package, ...], Field(min_length=1, max_length=100)]
    currency: Currency | None = None

    @model_validator(mode="after")
    def _packages_cover_every_size(self) -> Policy:
        sizes = [package.size_from for package in self.packages]
        if sizes[0] > 1 or any(first >= second for first, second in pairwise(sizes)):
            raise ValueError("packages begin at size 1 and rise")
        return self

    @property
    def facts(self) -> frozenset[str]:
        """What has to be known about a household; nothing where all get the same."""
        sized = {SIZE} if self.proxy_means or len(self.packages) > 1 else set[str]()
        return frozenset({*sized, *(rule.fact for rule in self.proxy_means)})


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the policy says about a household; the amount is in major units."""

    score: Decimal
    amount: Decimal
    eligible: bool


def assess(policy: Policy, facts: Mapping[str, int]) -> Assessment:
    """Apply a policy. `facts` holds every name of `policy.facts`."""
    score = sum((rule.points for rule in policy.proxy_means if rule.holds(facts[rule.fact])), Decimal(0))
    first, *others = policy.packages
    reached = [first, *(package for package in others if package.size_from <= facts[SIZE])]
    return Assessment(score, reached[-1].amount, score >= policy.threshold)
