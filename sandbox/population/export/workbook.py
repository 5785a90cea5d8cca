"""Tables as an Excel workbook, one sheet each, written row by row.

A text is always stored as a text, so that none is a formula, an error or a date to Excel; one that would
become a formula when somebody edits the cell carries Excel's own apostrophe (quotePrefix).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.writer.excel import ExcelWriter

from sandbox.errors import UsageError
from sandbox.population.export.formulas import is_risky
from sandbox.population.export.source import Source

MOST_ROWS = 1_048_576
"""Of a sheet, its headings included: the format's own limit."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What XML can't hold; shown as the character for what can't be shown."""


def check_rows(source: Source) -> None:
    """Raise UsageError when a table has more rows than a sheet can hold."""
    for table in source.tables:
        rows = source.manifest.tables[table].rows
        if rows + 1 > MOST_ROWS:
            raise UsageError(
                f"table {table} has {rows:,} rows; under its headings a sheet holds {MOST_ROWS - 1:,}",
                hint="choose --format csv, parquet or sql, or other tables with --table",
            )


def write_workbook(source: Source, path: Path) -> None:
    """Write the chosen tables, and first a sheet that says what this is."""
    book = Workbook(write_only=True)
    try:
        _fill(book, source)
        _save(book, path)
    except BaseException:
        # Sheets that are left open complain on standard error when they are collected.
        sheets: list[Any] = book.worksheets
        for sheet in sheets:
            with suppress(Exception):
                sheet.close()
            with suppress(Exception):
                sheet._writer.close()
        raise


def _fill(book: Any, source: Source) -> None:
    about = book.create_sheet("about")
    about.column_dimensions["A"].width = 100
    for line in source.describe():
        about.append([line])
    for table in source.tables:
        sheet = book.create_sheet(table[:31])
        sheet.freeze_panes = "A2"
        sheet.append(source.schema(table).names)
        for batch in source.batches(table):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                sheet.append(list(_cells(sheet, row)))


def _save(book: Any, path: Path) -> None:
    archive = ZipFile(path, "w", ZIP_DEFLATED, allowZip64=True)
    try:
        ExcelWriter(book, archive).save()
    except BaseException:
        # Closed by hand, for the same reason; what it would still write has no room.
        with suppress(Exception):
            archive.close()
        raise


def _cells(sheet: Any, row: tuple[Any, ...]) -> Iterator[Any]:
    for value in row:
        if not isinstance(value, str):
            yield value
            continue
        text = _UNWRITABLE.sub("\ufffd", value)
        # Only these does openpyxl take for something else than a text.
        if text[:1] not in "=#" and not is_risky(text):
            yield text
            continue
        cell = WriteOnlyCell(sheet, value=text)
        cell.data_type = "s"
        cell.quotePrefix = is_risky(text)
        yield cell
