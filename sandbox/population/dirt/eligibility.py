"""Who is entitled: a rule of age, or a household's points, as SQL over true facts and over registered ones.

Points are those of a scenario's `policy.yaml`. Column names come from a fixed list and numbers
from checked values, so no text of a file reaches a statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from pydantic import ConfigDict, Field

from sandbox.model.block import Frozen
from sandbox.population.packs.reading import read_model

PENSION_AGE = 65

Fact = Literal[
    "size",
    "children_under_5",
    "children_under_18",
    "elderly",
    "disabled",
    "employed_adults",
    "monthly_income",
]


class Eligibility(Protocol):
    """A rule over one row of persons `p` and its household `h`, whose facts are true or registered."""

    @property
    def sentence(self) -> str:
        """The rule in words."""
        ...

    @property
    def condition(self) -> str:
        """The rule as SQL; the variable `today` is the reference date."""
        ...


@dataclass(frozen=True, slots=True)
class OldAge:
    """Everybody from some age on."""

    from_age: int = PENSION_AGE

    @property
    def sentence(self) -> str:
        """The rule in words."""
        return f"everybody of {self.from_age} years or more"

    @property
    def condition(self) -> str:
        """The rule as SQL."""
        return f"p.birth_date + INTERVAL {int(self.from_age)} YEAR <= getvariable('today')"


class _Points(Frozen):
    points: int = Field(ge=0, le=10_000)
    fact: Fact
    at_least: float | None = None
    at_most: float | None = None

    @property
    def sql(self) -> str:
        bounds = [
            f"h.{self.fact} {sign} {bound!r}"
            for sign, bound in ((">=", self.at_least), ("<=", self.at_most))
            if bound is not None
        ]
        return f"CASE WHEN {' AND '.join(bounds) or 'true'} THEN {self.points} ELSE 0 END"


class _Policy(Frozen):
    model_config = ConfigDict(frozen=True, extra="ignore")

    proxy_means: tuple[_Points, ...] = Field(min_length=1)
    threshold: int


class PointsRule(Frozen):
    """Whoever speaks for a household that has enough points; other parts of the file are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    policy: _Policy

    @property
    def sentence(self) -> str:
        """The rule in words."""
        return f"heads of households with {self.policy.threshold} points or more by the scenario's policy"

    @property
    def condition(self) -> str:
        """The rule as SQL."""
        score = " + ".join(line.sql for line in self.policy.proxy_means)
        return f"p.person_no = h.head_no AND {score} >= {self.policy.threshold}"


def read_policy(path: Path, root: Path) -> PointsRule:
    """Read a policy file. Raises ContentError with file and line."""
    return read_model(path, root, PointsRule)
