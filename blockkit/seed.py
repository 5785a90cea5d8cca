"""Bulk loading from a population's Parquet files: binary COPY with FREEZE, keys and indexes after.

Imported by loaders only; a serving process never pays for pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from pgpq import ArrowToPostgresBinaryEncoder
from psycopg import sql
from psycopg.copy import QueuedLibpqWriter

from blockkit.timekeeping import ROOM


class ShortQueue(QueuedLibpqWriter):
    """Sends from a thread of its own, so that the next batch is encoded while the server takes this one.

    Pieces have 128 KiB at most; the default queue of 1,024 would be as much memory as a loader should take.
    """

    QUEUE_SIZE = 128


def run_sql(connection: psycopg.Connection[Any], script: Path, *, role: str) -> None:
    """Run a schema file; `{role}` in it stands for the serving role, quoted as an identifier.

    Room for the clock's setting is made beside.
    """
    text = script.read_text(encoding="utf-8")
    for statements in (text, ROOM):
        connection.execute(sql.SQL(statements).format(role=sql.Identifier(role)))


def read_batches(file: Path, columns: list[str], *, rows: int = 16_384) -> Iterator[pa.RecordBatch]:
    """Yield batches of a Parquet file with the named columns; nothing when the file is not there."""
    if not file.is_file():
        return
    with pq.ParquetFile(file) as parquet:
        # Arrow's reader of a whole file keeps more of it the further it gets; that of a row group doesn't.
        for group in range(parquet.metadata.num_row_groups):
            for batch in parquet.iter_batches(batch_size=rows, columns=columns, row_groups=[group]):
                yield plain(batch)


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Decode dictionary columns, which the binary encoder refuses."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def copy_batches(connection: psycopg.Connection[Any], table: str, batches: Iterable[pa.RecordBatch]) -> int:
    """Load batches into `table`, created in this same transaction; columns go by the batches' names.

    Arrow types decide the wire types (int64 -> bigint, string -> text, date32 -> date), so the
    table's columns must be of those types. Returns the number of rows.
    """
    iterator = iter(batches)
    first = next(iterator, None)
    if first is None:
        return 0
    encoder = ArrowToPostgresBinaryEncoder(first.schema)
    statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT binary, FREEZE)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, first.schema.names))
    )
    rows = 0
    with connection.cursor() as cursor, cursor.copy(statement, writer=ShortQueue(cursor)) as copy:
        copy.write(encoder.write_header())
        batch: pa.RecordBatch | None = first
        while batch is not None:
            copy.write(encoder.write_batch(batch))
            rows += batch.num_rows
            batch = next(iterator, None)
        copy.write(encoder.finish())
    return rows
