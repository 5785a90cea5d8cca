"""The first sheet of an Excel workbook as batches of text. Formulas are text and are never evaluated."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from sandbox.errors import ContentError
from sandbox.population.guard.source import (
    MOST_COLUMNS,
    ROWS_AT_ONCE,
    Source,
    check_columns,
    too_many_columns,
)

MOST_UNPACKED = 2**30


def open_excel(path: Path) -> Source:
    """Open a workbook. Raises ContentError."""
    _refuse_bombs(path)
    rows = _rows(path)
    try:
        header = next(rows, None)
    finally:
        rows.close()
    if header is None or not any(header):
        raise ContentError("the first sheet is empty, or its first row is", path=str(path), line=1)
    columns = [each or "" for each in header]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MOST_COLUMNS:
        raise too_many_columns(len(columns), path)
    check_columns(columns, path)
    schema = pa.schema([(column, pa.string()) for column in columns])

    def batches() -> Iterator[pa.RecordBatch]:
        found = _rows(path)
        next(found, None)
        while block := list(islice(found, ROWS_AT_ONCE)):
            _refuse_wide(block, len(columns), path)
            kept = [row for row in block if any(cell is not None for cell in row)]
            arrays = [
                pa.array([row[place] if place < len(row) else None for row in kept], pa.string())
                for place in range(len(columns))
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return Source("Excel", "the first sheet; formulas not evaluated", schema, batches)


def _rows(path: Path) -> Any:
    """Give rows of text; a generator, so that closing it closes the workbook."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
        try:
            if not book.worksheets:
                raise ContentError("the workbook has no sheet", path=str(path))
            for row in book.worksheets[0].iter_rows(values_only=True):
                yield [_text(value) for value in row]
        finally:
            book.close()
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        EOFError,
        SyntaxError,
        AttributeError,
    ):
        raise ContentError("the file is no Excel workbook, or is damaged", path=str(path)) from None


def _refuse_wide(rows: Sequence[Sequence[str | None]], width: int, path: Path) -> None:
    for row in rows:
        if any(cell is not None for cell in row[width:]):
            raise ContentError(f"a row has cells beyond the {width} columns of the header", path=str(path))


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(each.file_size for each in packed.infolist())
    except zipfile.BadZipFile:
        raise ContentError("the file is no Excel workbook, or is damaged", path=str(path)) from None
    if unpacked > MOST_UNPACKED:
        raise ContentError(
            f"the workbook unpacks to more than {MOST_UNPACKED // 2**20} MiB",
            path=str(path),
            hint="save it as CSV",
        )
