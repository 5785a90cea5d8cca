"""A population on disk that tests ask in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from sandbox.model.population import Manifest
from sandbox.population import Pack

SIZE = 20_000
"""Enough persons to span two shards."""


@dataclass(frozen=True)
class Generated:
    """A population on disk, and SQL over it."""

    pack: Pack
    folder: Path
    manifest: Manifest

    def ask(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """Run SQL with the views persons, households and accounts; `reference` is the reference date."""
        with duckdb.connect() as connection:
            for table in self.manifest.tables:
                path = self.folder / f"{table}.parquet"
                connection.execute(f"create view {table} as select * from read_parquet('{path}')")
            connection.execute(f"set variable reference = date '{self.manifest.reference_date}'")
            return connection.execute(sql).fetchall()

    def count(self, sql: str) -> int:
        """Give the single number that the SQL asks for."""
        return int(self.ask(sql)[0][0])
