"""CSV as batches of text: delimiter found, header checked before anything else is read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from sandbox.errors import ContentError
from sandbox.population.guard.source import (
    LONGEST_LINE,
    MOST_COLUMNS,
    Source,
    check_columns,
    too_many_columns,
)
from sandbox.population.guard.text_files import examine

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def open_csv(path: Path) -> Source:
    """Open a CSV file. Raises ContentError."""
    _refuse_many_columns_at_once(path)
    text = examine(path)
    with path.open(encoding=text.encoding, newline="") as file:
        # A header is one line in every table people send; a quoted line break in it is refused below.
        header = file.readline(LONGEST_LINE).rstrip("\r\n")
    if not header.strip():
        raise ContentError("the file is empty, or its first line is", path=str(path), line=1)
    delimiter = max(DELIMITERS, key=header.count)
    try:
        columns = next(csv.reader([header], delimiter=delimiter, strict=True))
    except csv.Error:
        raise ContentError(
            "the header can't be read: a quote is not closed", path=str(path), line=1
        ) from None
    check_columns(columns, path)
    schema = pa.schema([(column, pa.string()) for column in columns])

    def batches() -> Iterator[pa.RecordBatch]:
        yield from _read(path, text.encoding, delimiter, schema)

    return Source("CSV", f"{text.said}, delimited by {_NAMES[delimiter]}", schema, batches)


def _read(path: Path, encoding: str, delimiter: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    ragged: list[tuple[int, int]] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append((row.number or 0, row.actual_columns))
        return "error"

    try:
        reader = pyarrow.csv.open_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(
                # In one thread, because only then does a ragged row know its number.
                use_threads=False,
                block_size=4 * LONGEST_LINE,
                encoding="utf-8" if encoding == "utf-8-sig" else encoding,
                column_names=schema.names,
                skip_rows=1,
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=schema,
                strings_can_be_null=True,
                null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        )
        yield from reader
    except pa.ArrowInvalid as error:
        # Arrow's own message quotes the row, and nobody's values may be shown.
        if ragged:
            number, found = ragged[0]
            raise ContentError(
                f"found {found} cells, wanted {len(schema.names)} as in the header",
                path=str(path),
                line=number or None,
                hint="is a text with the delimiter in it missing its quotes?",
            ) from None
        if "Empty CSV" in str(error):
            return
        raise ContentError("the file can't be read as CSV: are all quotes closed?", path=str(path)) from None


def _refuse_many_columns_at_once(path: Path) -> None:
    """Look at the first bytes only, so that a huge file with a huge header is not read first."""
    with path.open("rb") as file:
        first = file.read(LONGEST_LINE).partition(b"\n")[0]
    found = max(first.count(each.encode()) for each in DELIMITERS) + 1
    if found > MOST_COLUMNS:
        raise too_many_columns(found, path)
