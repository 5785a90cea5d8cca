"""Loads who can be reached where: the addresses of the population, and nothing else about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from blockkit.seed import copy_batches, read_batches, run_sql

FOLDER = Path(__file__).parent


def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    """Create the schema and load addresses, where there is a population."""
    run_sql(connection, FOLDER / "schema.sql", role=role)
    columns = ["individual_id", "email", "phone"]
    copy_batches(connection, "contacts", read_batches(data / "persons.parquet", columns))
    run_sql(connection, FOLDER / "indexes.sql", role=role)
