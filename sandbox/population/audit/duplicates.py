"""Counts values that more than one person has, exactly, with memory that doesn't grow with the population."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from sandbox.model.population import Manifest
from sandbox.population.audit.report import Check

MEMORY = "512MB"

_UNIQUE = (
    ("persons", "individual_id"),
    ("persons", "functional_id"),
    ("persons", "phone"),
    ("persons", "email"),
    ("households", "household_id"),
    ("accounts", "account_number"),
)

_NOT_PERSONAS = "household_no not in (select household_no from read_parquet($path) where persona is not null)"
"""A persona may share a phone, and may have no id of their own: that is what they are there for."""


def count_duplicates(folder: Path, manifest: Manifest) -> Sequence[Check]:
    """Count the surplus of every column that must tell people apart; a damaged table is left to others."""
    checks = []
    with tempfile.TemporaryDirectory(prefix="sandbox-audit-") as spill, duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute(f"set temp_directory = '{spill}'")
        for table, column in _UNIQUE:
            described = manifest.tables.get(table)
            if described is None or column not in described.columns:
                continue
            spared = table == "persons" and "persona" in described.columns
            where = f" where {_NOT_PERSONAS}" if spared else ""
            # Names come from this file and the manifest's own tables, never from outside.
            query = f"select count({column}), count(distinct {column}) from read_parquet($path){where}"  # noqa: S608
            path = str(folder / f"{table}.parquet")
            try:
                found = connection.execute(query, {"path": path}).fetchone()
            except duckdb.Error:
                continue
            assert found is not None
            counted, different = int(found[0]), int(found[1])
            checks.append(
                Check(
                    name=f"duplicates of {table}.{column}",
                    holds=counted == different,
                    counted=counted,
                    found=counted - different,
                    how="all values counted exactly"
                    + ("; households of personas, who may share, are left out" if spared else ""),
                )
            )
    return checks
