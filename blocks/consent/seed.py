"""Creates the schema. Consent is never seeded: nobody has agreed to anything before they are asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from blockkit.schema import run_sql


def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:  # noqa: ARG001
    """Create the schema; the caller commits."""
    run_sql(connection, Path(__file__).parent / "schema.sql", role=role)
