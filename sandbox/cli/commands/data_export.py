"""`sandbox data export`: a population's tables as files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.live import live
from sandbox.cli.options import Json
from sandbox.cli.output import err, out, print_alone, print_json
from sandbox.cli.populations import Folder, PackOr, SeedOr, SizeOr, find_population
from sandbox.errors import UsageError

FORMATS = ("csv", "xlsx", "parquet", "sql")


def export(
    target: Annotated[
        Path, typer.Option("--out", help="New file (xlsx, sql) or folder with a file a table (csv, parquet).")
    ],
    form: Annotated[str, typer.Option("--format", help="csv, xlsx, parquet or sql (for psql).")] = "csv",
    folder: Folder = None,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", help="Only this table; may be given again.", show_default=False),
    ] = None,
    bom: Annotated[
        bool, typer.Option("--bom", help="Mark CSV files as UTF-8, so that Excel reads names right.")
    ] = False,
    pack: PackOr = None,
    size: SizeOr = None,
    seed: SeedOr = None,
    as_json: Json = False,
) -> None:
    """Write a population's tables as CSV, Excel, Parquet or SQL; no text of theirs runs as a formula.

    Example: sandbox data export --pack rw --size 5000 --format xlsx --out people.xlsx
    """
    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", hint=f"there are: {', '.join(FORMATS)}")
    if bom and form != "csv":
        raise UsageError(f"--bom is for CSV, and the format is {form}", hint="leave it out")
    found = find_population(folder, pack, size, seed, quiet=as_json)
    from sandbox.population.export.writing import Format, export

    with live(err(), quiet=as_json) as shown:
        written = export(
            found.folder,
            found.manifest,
            target,
            Format(form),
            tables=table or (),
            bom=bom,
            progress=lambda done, total: shown.report("writing tables", done, total),
        )
    if as_json:
        tables = {name: found.manifest.tables[name].rows for name in written.tables}
        print_json({"out": str(target), "format": form, "tables": tables})
        return
    out().print(f"{found.name}: {len(written.tables)} tables, {written.rows:,} rows as {form}", markup=False)
    print_alone(str(target))
