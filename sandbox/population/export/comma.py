"""A table as CSV: UTF-8, texts always in quotes, nothing for null, dates as 2026-01-31."""

from __future__ import annotations

import codecs
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from sandbox.population.export.formulas import mark_columns
from sandbox.population.export.source import Source


def write_csv(source: Source, table: str, path: Path, *, bom: bool = False) -> None:
    """Write one table; `bom` marks the file as UTF-8 for Excel, which else takes it for an older code."""
    with path.open("wb") as file:
        if bom:
            file.write(codecs.BOM_UTF8)
        with pa.csv.CSVWriter(file, source.schema(table)) as writer:
            for batch in source.batches(table):
                writer.write_batch(mark_columns(batch))
