"""Fictitious citizens out of the population's Parquet, read with DuckDB and changed by nobody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from sandbox.controls.predicates import EVERYBODY, Predicate, parse_predicate
from sandbox.errors import NotFound, UsageError
from sandbox.model.block import Frozen

if TYPE_CHECKING:
    import duckdb

_PERSON = (
    *("role", "sex", "given_name", "family_name", "employed", "disability", "literate"),
    *("individual_id", "functional_id"),
)
_FREE_PARCELS = "SELECT count(*) FROM parcels f WHERE f.owner_no = p.person_no AND f.restriction IS NULL"
_OPEN_ACCOUNT = "a.account_id IS NOT NULL AND a.status = 'open'"
_HOUSEHOLD = (
    *("size", "region", "district", "settlement", "urban", "children_under_5", "children_under_18"),
    *("elderly", "disabled", "employed_adults", "monthly_income"),
)
COLUMNS = {
    **{name: f"p.{name}" for name in _PERSON},
    **{name: f"h.{name}" for name in _HOUSEHOLD},
    **{"age": "age", "free_parcels": f"({_FREE_PARCELS})", "has_account": f"({_OPEN_ACCOUNT})"},
}
"""What `where` may compare, and where it stands."""

_CITIZENS = """
SELECT p.person_no, p.individual_id AS "individualId", p.functional_id AS "functionalId",
       p.given_name AS "givenName", coalesce(p.family_name, '') AS "familyName", p.sex AS "sex",
       strftime(p.birth_date, '%Y-%m-%d') AS "birthDate", date_diff('year', p.birth_date, $today::DATE)
         - CASE WHEN strftime(p.birth_date, '%m%d') > strftime($today::DATE, '%m%d') THEN 1 ELSE 0 END AS age,
       p.role AS "role", coalesce(p.phone, '') AS "phone",
       h.household_id AS "householdId", h.size AS "size", h.region AS "region", h.district AS "district",
       coalesce(a.institution || '/' || a.account_number, '') AS "financialAddress",
       coalesce(a.currency, '') AS "currency"
FROM persons p JOIN households h USING (household_no)
LEFT JOIN accounts a ON a.account_id = p.person_no * 2
"""


class Points(Frozen):
    """One line of a proxy-means rule: `points` when the household's `fact` lies within the bounds."""

    points: int = Field(ge=0, le=10_000)
    fact: str
    at_least: float | None = None
    at_most: float | None = None


class Package(Frozen):
    """What a household of at least `size_from` people is entitled to, in major units."""

    size_from: int = Field(ge=1)
    amount: Decimal = Field(ge=0)


class Policy(Frozen):
    """Who is entitled to how much: the same document that the registration block is configured with."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    proxy_means: tuple[Points, ...]
    threshold: int
    packages: tuple[Package, ...] = Field(min_length=1)
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What one picked household should get by the policy, computed apart from any block."""

    individual_id: str
    functional_id: str
    given_name: str
    score: int
    amount: Decimal


class Citizens:
    """Reads one population. Thread-safe: each question has its own cursor."""

    def __init__(self, data: Path) -> None:
        self.manifest: dict[str, Any] = json.loads((data / "manifest.json").read_text(encoding="utf-8"))
        self._data = data

    @cached_property
    def _database(self) -> duckdb.DuckDBPyConnection:
        """The files as tables, opened for the first question: a sandbox that nobody asks is ready sooner."""
        import duckdb

        database = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "300MB"})
        for table in ("persons", "households", "accounts", "parcels"):
            path = str(self._data / f"{table}.parquet").replace("'", "''")
            database.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")  # noqa: S608
        return database

    def pick(self, count: int, where: str | None, persona: str | None = None) -> list[dict[str, Any]]:
        """Pick `count` citizens who fit, always the same ones of a population, in a scattered order.

        Personas are edge cases, so they are left out unless one is asked for by name. Raises
        UsageError when fewer fit.
        """
        predicate = parse_predicate(where, COLUMNS) if where else EVERYBODY
        # Knuth's multiplicative constant scatters dense numbers without a random source.
        found = self._rows(
            f"{_CITIZENS} WHERE {_positional(predicate)} AND p.persona IS NOT DISTINCT FROM $persona "
            "ORDER BY (p.person_no * 2654435761) % 4294967296, p.person_no LIMIT $count",
            {
                "today": self.manifest["reference_date"],
                "count": count,
                "persona": persona,
                **_named(predicate),
            },
        )
        if persona is not None and not found and persona not in self.personas():
            raise UsageError(
                f"this population has no persona {persona!r}",
                hint=f"it has these: {', '.join(self.personas()) or 'none'}",
            )
        if len(found) < count:
            raise UsageError(
                f"{len(found)} citizens fit, {count} were asked for",
                hint="ask for fewer, widen the where, or start with a larger population",
            )
        return [
            {key: value for key, value in row.items() if key not in ("person_no", "age")} for row in found
        ]

    def personas(self) -> list[str]:
        """Name the personas of this population, in order."""
        rows = self._rows("SELECT persona FROM persons WHERE persona IS NOT NULL ORDER BY person_no", {})
        return [row["persona"] for row in rows]

    def entitlements(self, individual_ids: list[str], policy: Policy) -> list[Entitlement]:
        """Compute who of these is entitled, straight from the Parquet, by household facts.

        The score is the sum of the points whose bounds hold; a household is entitled from the
        threshold on, to the amount of the largest package not above its size.
        """
        score, package = score_of(policy), package_of(policy)
        sizes = sort_packages(policy)
        rows = self._rows(
            f"SELECT p.individual_id, p.functional_id, p.given_name, {score} AS score, "  # noqa: S608  numbers and known names only
            f"{package} AS package "
            "FROM persons p JOIN households h USING (household_no) WHERE p.individual_id IN "
            "(SELECT unnest($ids)) ORDER BY p.person_no",
            {"ids": individual_ids},
        )
        return [
            Entitlement(
                individual_id=row["individual_id"],
                functional_id=row["functional_id"],
                given_name=row["given_name"],
                score=row["score"],
                amount=sizes[row["package"]].amount,
            )
            for row in rows
            if row["score"] >= policy.threshold and row["package"] >= 0
        ]

    def require(self, individual_id: str) -> None:
        """Raise NotFound unless the population has this person."""
        if not self._rows("SELECT 1 AS one FROM persons WHERE individual_id = $id", {"id": individual_id}):
            raise NotFound(f"the population has nobody with id {individual_id!r}")

    def _rows(self, statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        with self._database.cursor() as cursor:
            answer = cursor.execute(statement, values)
            names = [column[0] for column in answer.description]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def score_of(policy: Policy) -> str:
    """Write a policy's score as SQL over a household `h`. Raises UsageError for an unknown fact."""
    unknown = {line.fact for line in policy.proxy_means} - set(_HOUSEHOLD)
    if unknown:
        raise UsageError(f"households have no fact called {', '.join(sorted(unknown))}")
    return " + ".join(_points(line) for line in policy.proxy_means) or "0"


def package_of(policy: Policy) -> str:
    """Write which of the sorted packages a household `h` gets as SQL; -1 when it is too small for any."""
    sizes = " ".join(
        f"WHEN h.size >= {package.size_from} THEN {index}"
        for index, package in reversed(list(enumerate(sort_packages(policy))))
    )
    return f"CASE {sizes} ELSE -1 END"


def sort_packages(policy: Policy) -> list[Package]:
    """Sort packages as `package_of` counts them."""
    return sorted(policy.packages, key=lambda package: package.size_from)


def _points(line: Points) -> str:
    bounds = []
    if line.at_least is not None:
        bounds.append(f"h.{line.fact} >= {line.at_least!r}")
    if line.at_most is not None:
        bounds.append(f"h.{line.fact} <= {line.at_most!r}")
    return f"CASE WHEN {' AND '.join(bounds) or 'true'} THEN {line.points} ELSE 0 END"


def _positional(predicate: Predicate) -> str:
    text = predicate.sql
    for index in range(len(predicate.values)):
        text = text.replace("?", f"$w{index}", 1)
    return text


def _named(predicate: Predicate) -> dict[str, Any]:
    return {f"w{index}": value for index, value in enumerate(predicate.values)}
