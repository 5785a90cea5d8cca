"""Compares two policies household by household, in DuckDB over the population's Parquet.

The rule is the same as in the control `expectEntitlements`. Every household stands in exactly one
district and one type, and is a winner, a loser or unchanged; amounts are exact decimals.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from sandbox.controls.citizens import Policy, package_of, score_of, sort_packages
from sandbox.model.whatif import GroupChange

_AMOUNT = "DECIMAL(18, 3)"
TYPES = """CASE WHEN h.size = 1 THEN 'one person'
  WHEN h.children_under_5 > 0 THEN 'with children under 5'
  WHEN h.children_under_18 > 0 THEN 'with children of 5 to 17'
  WHEN h.elderly > 0 THEN 'adults, with elderly people'
  ELSE 'adults only' END"""
_COMPARED = """
CREATE TABLE compared AS
SELECT h.district AS district, {types} AS type, ({before})::DECIMAL(18, 3) AS before,
       ({after})::DECIMAL(18, 3) AS after,
       ntile(5) OVER (ORDER BY h.monthly_income / h.size, h.household_no) = 1 AS poor
FROM read_parquet($households) h
"""
_GROUPED = """
SELECT CASE WHEN GROUPING(district) = 0 THEN 'district' WHEN GROUPING(type) = 0 THEN 'type' ELSE 'all' END,
       coalesce(district, type, ''), count(*),
       count(*) FILTER (before > 0), count(*) FILTER (after > 0),
       count(*) FILTER (after > before), count(*) FILTER (after < before), count(*) FILTER (after = before),
       coalesce(sum(after - before) FILTER (after > before), 0),
       coalesce(sum(before - after) FILTER (after < before), 0),
       coalesce(sum(before), 0), coalesce(sum(after), 0),
       count(*) FILTER (poor), count(*) FILTER (poor AND before = 0), count(*) FILTER (poor AND after = 0)
FROM compared GROUP BY GROUPING SETS ((), (district), (type)) ORDER BY 1, 2
"""


def compare_policies(population: Path, before: Policy, after: Policy) -> tuple[GroupChange, ...]:
    """Compare over all households; the group `all` is one of what is given."""
    with duckdb.connect(":memory:") as database:
        statement = _COMPARED.format(types=TYPES, before=_amount_of(before), after=_amount_of(after))
        database.execute(statement, {"households": str(population / "households.parquet")})
        rows = database.execute(_GROUPED).fetchall()
    names = list(GroupChange.model_fields)
    return tuple(GroupChange.model_validate(dict(zip(names, row, strict=True))) for row in rows)


def _amount_of(policy: Policy) -> str:
    """Write what a household `h` gets as SQL; only checked numbers and known names reach the text."""
    amounts = " ".join(
        f"WHEN {index} THEN {package.amount:f}::{_AMOUNT}"
        for index, package in enumerate(sort_packages(policy))
    )
    entitled = f"({score_of(policy)}) >= {policy.threshold}"
    return f"CASE WHEN {entitled} THEN CASE {package_of(policy)} {amounts} ELSE 0 END ELSE 0 END"
