"""JSON Lines as batches of text: one object a line; what is nested is kept as its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from sandbox.errors import ContentError
from sandbox.population.guard.source import (
    MOST_COLUMNS,
    ROWS_AT_ONCE,
    Source,
    check_columns,
    too_many_columns,
)
from sandbox.population.guard.text_files import examine


def open_json_lines(path: Path) -> Source:
    """Open a file of JSON Lines; reads it once to learn its keys. Raises ContentError."""
    text = examine(path)
    columns: dict[str, None] = {}
    for record in _records(path, text.encoding):
        columns.update(dict.fromkeys(record))
        if len(columns) > MOST_COLUMNS:
            raise too_many_columns(len(columns), path)
    if not columns:
        raise ContentError("the file is empty", path=str(path))
    check_columns(list(columns), path)
    schema = pa.schema([(column, pa.string()) for column in columns])

    def batches() -> Iterator[pa.RecordBatch]:
        records = _records(path, text.encoding)
        while block := list(islice(records, ROWS_AT_ONCE)):
            arrays = [pa.array([_text(each.get(name)) for each in block], pa.string()) for name in columns]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return Source("JSON Lines", text.said, schema, batches)


def _records(path: Path, encoding: str) -> Iterator[dict[str, Any]]:
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                raise ContentError("the line is not JSON", path=str(path), line=number) from None
            if not isinstance(record, dict):
                raise ContentError(
                    "the line is no object, wanted {...}",
                    path=str(path),
                    line=number,
                    hint='one record a line, such as {"name": "..."}',
                )
            yield record


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        # Half a surrogate pair is no text that a Parquet file could hold.
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
