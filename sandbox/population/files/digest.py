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


class _ColumnDigest:
    """Hashes presence and lengths apart from contents, so that neither can pass for the other."""

    def __init__(self) -> None:
        self._shape = hashlib.sha256()
        self._content = hashlib.sha256()

    def update(self, column: pa.Array) -> None:
        """Add the next rows; how a text is encoded makes no difference."""
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_string(column.type):
            lengths = pc.fill_null(pc.binary_length(column), -1)
            self._shape.update(_little_endian(lengths, "<i4"))
            present = column.drop_null()
            _, offsets, data = present.buffers()
            bounds = np.frombuffer(offsets, dtype=np.int32)
            first, last = bounds[present.offset], bounds[present.offset + len(present)]
            self._content.update(memoryview(data)[first:last] if data is not None else b"")
        else:
            self._shape.update(_little_endian(column.is_valid(), "u1"))
            whole = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column
            self._content.update(_little_endian(pc.fill_null(whole.cast(pa.int64()), 0), "<i8"))

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


def _little_endian(column: pa.Array, dtype: str) -> bytes:
    encoded: bytes = column.to_numpy(zero_copy_only=False).astype(dtype).tobytes()
    return encoded
