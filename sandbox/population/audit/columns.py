"""Where in the tables phones, mail addresses and numbers stand."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc


def take_phones(table: str, batch: pa.RecordBatch) -> Iterator[pa.StringArray]:
    """Give every phone of a batch, nulls left out."""
    if table == "contacts":
        yield from _contacts(batch, "phone")
    elif "phone" in batch.schema.names:
        yield batch.column("phone").drop_null()


def take_emails(table: str, batch: pa.RecordBatch) -> Iterator[pa.StringArray]:
    """Give every mail address of a batch, nulls left out."""
    if table == "contacts":
        yield from _contacts(batch, "email")
    elif "email" in batch.schema.names:
        yield batch.column("email").drop_null()


def count_unlike(values: pa.StringArray, pattern: str) -> int:
    """Count the values that don't match."""
    return len(values) - (pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0)


def _contacts(batch: pa.RecordBatch, kind: str) -> Iterator[pa.StringArray]:
    if {"kind", "value"} <= set(batch.schema.names):
        yield batch.column("value").filter(pc.equal(batch.column("kind"), kind)).drop_null()
