"""`sandbox data import`: lets records in only where nobody in them can be a real person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.live import live
from sandbox.cli.options import Json
from sandbox.cli.output import err, out, print_alone, print_json, print_table
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.population.guard.report import ImportReport, MappedColumn

EXIT_REFUSED = 1


def import_(
    file: Annotated[Path, typer.Argument(help="CSV, Excel, Parquet or JSON Lines.", show_default=False)],
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", help="New folder for what passes; default: FILE-imported.", show_default=False),
    ] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", help="COLUMN=FIELD, where a heading isn't understood.", show_default=False),
    ] = None,
    pack: Annotated[
        str | None,
        typer.Option("--pack", help="Country pack that the records are of.", show_default=False),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show how columns are understood; import nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import records of made-up persons; refuse every record that could be a real one's.

    Values are never shown. Ends with exit code 1 when records were refused.

    Example: sandbox data import people.csv --pack rw
    """
    # Loaded here: pyarrow and the validators take longer to load than most commands take to answer.
    from sandbox.population import list_packs, load_pack
    from sandbox.population.guard.fields import read_map
    from sandbox.population.guard.importing import import_records, preview_columns

    content = Settings().content
    asked = read_map(mapped or [])
    if pack is not None:
        load_pack(content, pack)
    if preview:
        source, columns = preview_columns(file, asked)
        if as_json:
            print_json(
                {"format": source.format, "read_as": source.read_as, "columns": list(map(dict, columns))}
            )
        else:
            out().print(f"{file.name}: {source.format}, {source.read_as}", markup=False)
            _print_columns(columns)
        return
    folder = out_folder if out_folder is not None else Path(f"{file.stem}-imported")
    with live(err(), quiet=as_json) as shown:
        report = import_records(
            file,
            folder,
            list_packs(content),
            pack=pack,
            asked=asked,
            progress=lambda records: shown.report("looking at records", records, 0),
        )
    if as_json:
        print_json(report)
    else:
        _print(report, folder)
    if report.refused:
        raise typer.Exit(EXIT_REFUSED)


def _print_columns(columns: tuple[MappedColumn, ...]) -> None:
    print_table(
        ("column", "field", "because of"),
        [(each.column, each.field or "—", each.by) for each in columns],
        empty="no columns",
    )


def _print(report: ImportReport, folder: Path) -> None:
    console = out()
    console.print(f"{report.file}: {report.format}, {report.read_as}", markup=False)
    if report.provenance:
        console.print(report.provenance, markup=False)
    if report.findings:
        print_table(
            ("column", "field", "refused", "why", "such as"),
            [
                (
                    each.column,
                    each.field,
                    f"{each.records:,}",
                    each.why,
                    "; ".join(f"record {example.record}: {example.masked}" for example in each.examples[:3]),
                )
                for each in report.findings
            ],
            empty="",
        )
    for caution in report.cautions:
        console.print(caution, markup=False)
    console.print(f"{report.imported:,} of {report.records:,} records imported, {report.refused:,} refused")
    if report.imported:
        print_alone(str(folder))
    else:
        console.print("nothing was written")
