"""Fills the register of persons from a population, and adds the sandbox's staff. Seeds no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from blockkit.seed import copy_batches, read_batches, run_sql

FOLDER = Path(__file__).parent
COLUMNS = [
    *("individual_id", "given_name", "family_name", "sex", "birth_date", "phone", "email"),
    "functional_id",
]


def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    """Create the schema and load the persons; the caller commits."""
    run_sql(connection, FOLDER / "schema.sql", role=role)
    copy_batches(connection, "persons", read_batches(data / "persons.parquet", COLUMNS))
    run_sql(connection, FOLDER / "keys.sql", role=role)
