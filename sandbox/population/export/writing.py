"""Writes chosen tables of a population in one format, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from sandbox.errors import UsageError
from sandbox.model.population import Manifest
from sandbox.population.export.comma import write_csv
from sandbox.population.export.script import write_script
from sandbox.population.export.source import Source, choose_tables
from sandbox.population.export.workbook import check_rows, write_workbook
from sandbox.population.files.generation import MANIFEST
from sandbox.population.files.growing import check_free, growing

ABOUT = "ABOUT.txt"


class Format(StrEnum):
    """What a population can be written as."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    SQL = "sql"


FOLDERS = (Format.CSV, Format.PARQUET)
"""A file a table; the others are one file."""


def export(
    folder: Path,
    manifest: Manifest,
    out: Path,
    form: Format,
    *,
    tables: Sequence[str] = (),
    bom: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> Source:
    """Write tables to the new `out`; `progress` hears rows done and rows in all.

    CSV and Parquet give a folder with a file a table, or one file when `out` ends in the format's name
    and one table is chosen. Raises UsageError for what can't be asked so, StateConflict when `out`
    exists, ContentError for tables that can't be read, RuntimeFailure when the disk refuses.
    """
    chosen = choose_tables(manifest, tables)
    total = sum(manifest.tables[table].rows for table in chosen)
    done = 0

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        progress(done, total)

    source = Source(folder, manifest, chosen, count)
    single = form not in FOLDERS or out.suffix.lower() == f".{form}"
    if form in FOLDERS and single and len(chosen) != 1:
        raise UsageError(
            f"{out} is one file, and {len(chosen)} tables are chosen",
            hint=f"choose one with --table, or name a folder: --out {out.with_suffix('')}",
        )
    if form == Format.XLSX:
        check_rows(source)
    check_free(out)
    with growing(out, folder=not single) as place:
        if single:
            _write_one(source, chosen[0], place, form, bom=bom)
        else:
            for table in chosen:
                _write_one(source, table, place / f"{table}.{form}", form, bom=bom)
            (place / ABOUT).write_text("\n".join(source.describe()) + "\n", encoding="utf-8")
            if form == Format.PARQUET and chosen == tuple(manifest.tables):
                # Only the whole is the population that its manifest describes.
                shutil.copyfile(folder / MANIFEST, place / MANIFEST)
    return source


def _write_one(source: Source, table: str, path: Path, form: Format, *, bom: bool) -> None:
    match form:
        case Format.CSV:
            write_csv(source, table, path, bom=bom)
        case Format.XLSX:
            write_workbook(source, path)
        case Format.SQL:
            write_script(source, path)
        case Format.PARQUET:
            source.schema(table)  # refuses a file that is missing or damaged
            shutil.copyfile(source.path(table), path)
            source.count(source.manifest.tables[table].rows)
