"""What every reader gives: columns, and batches of records with text beside the values to be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from sandbox.errors import ContentError

MOST_COLUMNS = 10_000
LONGEST_LINE = 2**20
ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file. `batches` may raise ContentError for what is only found further down."""

    format: str
    read_as: str
    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns."""
        return list(self.schema.names)


def check_columns(columns: Sequence[str], path: Path) -> None:
    """Refuse headers that can't be worked with. Raises ContentError."""
    if len(columns) > MOST_COLUMNS:
        raise too_many_columns(len(columns), path)
    if not columns:
        raise ContentError("the file has no columns", path=str(path))
    seen: set[str] = set()
    for number, column in enumerate(columns, start=1):
        if not column.strip():
            raise ContentError(f"column {number} has no name", path=str(path), line=1)
        if column in seen:
            raise ContentError(
                f"two columns are called {column!r}", path=str(path), line=1, hint="rename one of them"
            )
        seen.add(column)


def too_many_columns(found: int, path: Path) -> ContentError:
    """Say that there are too many columns."""
    return ContentError(
        f"the file has {found:,} columns or more, wanted {MOST_COLUMNS:,} at most",
        path=str(path),
        hint="is the delimiter right, and are records in rows?",
    )


def line_too_long(path: Path, line: int) -> ContentError:
    """Say that a line can't be a record."""
    return ContentError(
        f"a line is longer than {LONGEST_LINE // 2**20} MiB",
        path=str(path),
        line=line,
        hint="is this a table?",
    )


def as_text(column: pa.Array) -> pa.StringArray:
    """Give a column's values as text; whole numbers that were stored as fractions lose their .0."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        whole = pc.equal(column, pc.floor(column))
        if pc.all(whole, min_count=0).as_py() and (pc.max(pc.abs(column)).as_py() or 0) < 2**53:
            column = column.cast(pa.int64())
    return column.cast(pa.string())
