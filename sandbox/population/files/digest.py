"""A digest over what a table says, not over how a file spells it.

Two machines with other versions of Arrow or another compressor write other Parquet bytes for
the same citizens; their digests agree. Values are fed column by column in order of row, so
the digest doesn't depend on how rows were cut into batches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


class _ColumnDigest:
    """Hashes presence and lengths apart from contents, so that neither can pass for the other."""

    def __init__(self) -> None:
        self._shape = hashlib.sha256()
        self._content = hashlib.sha256()

    def update(self, column: pa.Array) -> None:
        """Add the next rows; how a text is encoded makes no difference."""
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        absent = ~column.is_valid().to_numpy(zero_copy_only=False) if column.null_count else None
        if pa.types.is_string(column.type):
            self._update_text(column, absent)
            return
        shape = np.ones(len(column), dtype=np.uint8)
        if absent is not None:
            shape[absent] = 0
        self._shape.update(shape.data)
        whole = (column.cast(pa.int32()) if pa.types.is_date32(column.type) else column).cast(pa.int64())
        if absent is not None:
            whole = pc.fill_null(whole, 0)
        self._content.update(_little_endian(whole.to_numpy(), "<i8"))

    def _update_text(self, column: pa.Array, absent: NDArray[np.bool_] | None) -> None:
        bounds = _bounds(column)
        lengths = np.diff(bounds)
        if absent is not None:
            if lengths[absent].any():
                # Whoever made the column left something where nothing is.
                column = column.drop_null()
                bounds = _bounds(column)
            lengths[absent] = -1
        self._shape.update(_little_endian(lengths, "<i4"))
        data = column.buffers()[2]
        self._content.update(memoryview(data)[bounds[0] : bounds[-1]] if data is not None else b"")

    def digest(self) -> bytes:
        """Give the digest of the rows so far."""
        return hashlib.sha256(self._shape.digest() + self._content.digest()).digest()


class TableDigest:
    """Digest of one table of text, whole numbers, truth values and dates."""

    def __init__(self, schema: Any) -> None:
        self._columns = {field.name: (str(field.type), _ColumnDigest()) for field in schema}

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the next rows."""
        for name, (_, column) in self._columns.items():
            column.update(batch.column(name))

    def hexdigest(self) -> str:
        """Give the digest over names, types and values of all columns, in order."""
        total = hashlib.sha256()
        for name, (kind, column) in self._columns.items():
            total.update(f"{name} {kind} ".encode() + column.digest())
        return total.hexdigest()


def combine(digests: Mapping[str, str]) -> str:
    """Join the digests of several tables into the population's."""
    lines = "".join(f"{table} {digest}\n" for table, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _bounds(column: pa.StringArray) -> NDArray[np.int32]:
    """Say where each text begins among the column's bytes, and where the last one ends."""
    offsets = column.buffers()[1]
    if offsets is None or not len(column):
        return np.zeros(1, dtype=np.int32)
    return np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + len(column) + 1]


def _little_endian(values: NDArray[Any], dtype: str) -> memoryview:
    return np.ascontiguousarray(values, dtype=dtype).data
