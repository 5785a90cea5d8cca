"""Running a block's schema file: all that a loader of an empty database needs. Reads no citizens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from blockkit.timekeeping import ROOM


def run_sql(connection: psycopg.Connection[Any], script: Path, *, role: str) -> None:
    """Run a schema file; `{role}` in it stands for the serving role, quoted as an identifier.

    Room for the clock's setting is made beside.
    """
    text = script.read_text(encoding="utf-8")
    for statements in (text, ROOM):
        connection.execute(sql.SQL(statements).format(role=sql.Identifier(role)))
