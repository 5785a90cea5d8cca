"""The Parquet files of a folder, written part by part: the same bytes for the same parts.

Only columns of a few values get a dictionary; ids and numbers, which nearly all differ, are
compressed as they are. References rise with the row, so their differences are written, and they
alone have a smallest and largest value for readers who look for a range. Without Arrow's own
schema in the file, texts that were encoded in memory are read back as plain ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.population.engine.tables import SCHEMAS


class PartWriter:
    """Appends parts to the files of one folder and counts rows."""

    def __init__(self, folder: Path, files: ExitStack) -> None:
        self._folder = folder
        self._files = files
        self._writers: dict[str, pq.ParquetWriter] = {}
        self.rows = dict.fromkeys(SCHEMAS, 0)
        self.digests: dict[str, list[str]] = {table: [] for table in SCHEMAS}

    def write(self, tables: Mapping[str, pa.Table], digests: Mapping[str, str]) -> None:
        """Write one part: a row group in the file of each table that has rows."""
        for table in SCHEMAS:
            rows = tables[table]
            if table not in self._writers:
                self._writers[table] = self._files.enter_context(self._open(table, rows.schema))
            if rows.num_rows:
                self._writers[table].write_table(rows, row_group_size=rows.num_rows)
            self.rows[table] += rows.num_rows
            self.digests[table].append(digests[table])

    def _open(self, table: str, schema: pa.Schema) -> pq.ParquetWriter:
        encoded = [field.name for field in schema if pa.types.is_dictionary(field.type)]
        numbers = [field.name for field in schema if field.name.endswith("_no")]
        return pq.ParquetWriter(
            self._folder / f"{table}.parquet",
            schema,
            compression="zstd",
            use_dictionary=encoded,
            column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
            write_statistics=numbers,
            store_schema=False,
        )


@contextmanager
def open_writer(folder: Path) -> Iterator[PartWriter]:
    """Give a writer whose files are complete when the body has ended well."""
    with ExitStack() as files:
        yield PartWriter(folder, files)


def read_row_group(path: Path, group: int) -> pa.Table:
    """Read one row group with its dictionaries, so that writing it again gives the same bytes."""
    with pq.ParquetFile(path) as footer:
        described = footer.metadata
        encoded = [] if described.num_row_groups == 0 else encoded_columns(described)
    with pq.ParquetFile(path, read_dictionary=encoded) as file:
        if group >= file.metadata.num_row_groups:
            return file.schema_arrow.empty_table()
        return file.read_row_group(group).combine_chunks()


def encoded_columns(metadata: pq.FileMetaData) -> list[str]:
    """Name the columns that were written with a dictionary."""
    chunks = metadata.row_group(0)
    columns = [chunks.column(place) for place in range(chunks.num_columns)]
    return [column.path_in_schema for column in columns if column.has_dictionary_page]
