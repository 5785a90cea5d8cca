"""The digest of one table as it stands in a file, computed from its values while they are read.

A row group is a part of the population, and a table's digest joins those of its parts. Parts in which
the table has no rows have no row group; only the last one is ever so small.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.errors import ContentError
from sandbox.population.engine.tables import SCHEMAS
from sandbox.population.files.digest import TableDigest
from sandbox.population.files.parts import join_digests


class FileDigest:
    """Reads a table's file once and hashes what it gives."""

    def __init__(self, folder: Path, table: str) -> None:
        self._path, self._table = folder / f"{table}.parquet", table
        self._parts: list[str] = []
        # Everybody is a person, so that this file has a row group for each part.
        self._whole = folder / "persons.parquet"

    def read(self, rows_at_once: int) -> Iterator[pa.RecordBatch]:
        """Give the batches. Raises ContentError for other columns, and what Arrow raises for damage."""
        if self._table not in SCHEMAS:
            raise ContentError("a population has no such table", path=self._path.name)
        schema = SCHEMAS[self._table]
        with pq.ParquetFile(self._path) as file:
            if not file.schema_arrow.equals(schema):
                raise ContentError("its columns are not those of the table", path=self._path.name)
            for group in range(file.metadata.num_row_groups):
                total = TableDigest(schema)
                for batch in file.iter_batches(batch_size=rows_at_once, row_groups=[group]):
                    total.update(batch)
                    yield batch
                self._parts.append(total.hexdigest())

    def hexdigest(self) -> str:
        """Give the table's digest, after everything was read."""
        try:
            parts = pq.read_metadata(self._whole).num_row_groups
        except (OSError, pa.ArrowException):
            parts = len(self._parts)
        empty = TableDigest(SCHEMAS[self._table]).hexdigest()
        return join_digests(self._parts + [empty] * (parts - len(self._parts)))
