"""Parquet as batches with the types they have. Refuses columns that can't be looked into as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.errors import ContentError
from sandbox.population.files.batches import iterate
from sandbox.population.guard.source import ROWS_AT_ONCE, Source, check_columns


def open_parquet(path: Path) -> Source:
    """Open a Parquet file. Raises ContentError."""
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path) from error
    check_columns(schema.names, path)
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if not _becomes_text(kind):
            raise ContentError(
                f"column {field.name!r} is of type {field.type}, which the guard can't look into",
                path=str(path),
                hint="keep text, numbers, dates and flags; leave such columns out",
            )

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            with pq.ParquetFile(path) as file:
                yield from iterate(file, ROWS_AT_ONCE)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path) from error

    return Source("Parquet", "its own types", schema, batches)


def _becomes_text(kind: pa.DataType) -> bool:
    if pa.types.is_null(kind):
        return True
    if any(
        look(kind)
        for look in (
            pa.types.is_nested,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
        )
    ):
        return False
    try:
        pa.array([], kind).cast(pa.string())
    except pa.ArrowException:
        return False
    return True


def _damaged(path: Path) -> ContentError:
    return ContentError("the file is no Parquet file, or is damaged or truncated", path=str(path))
