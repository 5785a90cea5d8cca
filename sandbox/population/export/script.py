r"""Tables as one script for psql: CREATE TABLE and COPY in PostgreSQL's text format, in one transaction.

    psql --single-transaction -f people.sql

No keys and no indexes: what is asked often is for whoever loads it to say.
"""

from __future__ import annotations

from io import BufferedWriter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sandbox.errors import ContentError
from sandbox.population.export.source import Source
from sandbox.population.files.asking import quote_name

_TYPES = {
    pa.int64(): "bigint",
    pa.int32(): "integer",
    pa.int16(): "smallint",
    pa.float64(): "double precision",
    pa.date32(): "date",
    pa.bool_(): "boolean",
}
"""Everything else is text."""

_ESCAPES = (("\\", r"\\"), ("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t"))
"""Backslashes first: the others are written with one."""


def write_script(source: Source, path: Path) -> None:
    """Write the chosen tables."""
    with path.open("wb") as file:
        for line in source.describe():
            _write(file, f"-- {line}\n")
        _write(file, "\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nBEGIN;\n")
        for table in source.tables:
            _write_table(source, table, file)
        _write(file, "COMMIT;\n")


def _write_table(source: Source, table: str, file: BufferedWriter) -> None:
    schema = source.schema(table)
    columns = ",\n".join(f"    {quote_name(field.name)} {_type_of(field.type)}" for field in schema)
    names = ", ".join(quote_name(name) for name in schema.names)
    _write(file, f"\nCREATE TABLE {quote_name(table)} (\n{columns}\n);\n")
    _write(file, f"COPY {quote_name(table)} ({names}) FROM stdin;\n")
    for batch in source.batches(table):
        columns_as_text = [_as_text(column, source.path(table)) for column in batch.columns]
        lines = (
            pc.binary_join_element_wise(*columns_as_text, "\t")
            if len(columns_as_text) > 1
            else columns_as_text[0]
        )
        file.write("".join(f"{line}\n" for line in lines.to_pylist()).encode())
    _write(file, "\\.\n")


def _type_of(kind: Any) -> str:
    return _TYPES.get(kind, "text")


def _as_text(column: Any, path: Path) -> Any:
    """Write a column as PostgreSQL reads it; null is \\N."""
    text = column.cast(pa.string())
    if pa.types.is_string(column.type):
        if pc.any(pc.match_substring(text, "\x00")).as_py():
            raise ContentError("a text holds the character NUL, which PostgreSQL can't keep", path=str(path))
        for found, written in _ESCAPES:
            text = pc.replace_substring(text, found, written)
    return pc.fill_null(text, "\\N")


def _write(file: BufferedWriter, text: str) -> None:
    file.write(text.encode())
