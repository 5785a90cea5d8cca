"""The tables that are to leave, read in batches so that memory stays flat with size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.errors import ContentError, UsageError
from sandbox.model.population import Manifest
from sandbox.population.files.batches import iterate

BATCH = 16_384


@dataclass(frozen=True, slots=True)
class Source:
    """Chosen tables of one population; `count` hears how many rows were read."""

    folder: Path
    manifest: Manifest
    tables: tuple[str, ...]
    count: Callable[[int], None]

    @property
    def rows(self) -> int:
        """Say how many rows the chosen tables have together."""
        return sum(self.manifest.tables[table].rows for table in self.tables)

    def path(self, table: str) -> Path:
        """Say where a table lies."""
        return self.folder / f"{table}.parquet"

    def schema(self, table: str) -> pa.Schema:
        """Give names and types of a table's columns. Raises ContentError when it can't be read."""
        path = self.path(table)
        try:
            return pq.read_schema(path)
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(path, error) from error

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """Yield a table's rows in their order. Raises ContentError when it can't be read."""
        path = self.path(table)
        try:
            file = pq.ParquetFile(path)
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(path, error) from error
        with file:
            read = iterate(file, BATCH)
            while (batch := _next(read, path)) is not None:
                yield batch
                self.count(batch.num_rows)

    def describe(self) -> list[str]:
        """Say in a few lines what this is, for whoever finds the file."""
        told = self.manifest
        return [
            f"Fictitious data: {told.country}, pack {told.pack}, {told.size} persons, seed {told.seed}.",
            *told.statement.splitlines(),
            f"Population digest {told.digest}",
        ]


def choose_tables(manifest: Manifest, wanted: Sequence[str]) -> tuple[str, ...]:
    """Give the wanted tables in the manifest's order, all when none is named. Raises UsageError."""
    unknown = [table for table in wanted if table not in manifest.tables]
    if unknown:
        raise UsageError(
            f"the population has no table {unknown[0]!r}", hint=f"there are: {', '.join(manifest.tables)}"
        )
    return tuple(table for table in manifest.tables if table in wanted or not wanted)


def _next(read: Iterator[Any], path: Path) -> pa.RecordBatch | None:
    try:
        return next(read, None)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ContentError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).splitlines()[0]
    return ContentError(
        f"not a table that can be read: {reason}", path=str(path), hint="generate the population again"
    )
