"""`sandbox data query`: SQL over a population's tables."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

import typer

from sandbox.cli.options import Json
from sandbox.cli.output import err, print_table
from sandbox.cli.populations import Folder, PackOr, SeedOr, SizeOr, find_population
from sandbox.errors import UsageError

SHOWN = 50


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT in DuckDB's SQL.")],
    folder: Folder = None,
    pack: PackOr = None,
    size: SizeOr = None,
    seed: SeedOr = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Most rows in the table that is shown.")] = SHOWN,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print every row as CSV.")] = False,
    as_json: Json = False,
) -> None:
    """Ask a population's tables in SQL (DuckDB); reads only. --csv and --json give every row.

    Example: sandbox data query "SELECT sex, count(*) FROM persons GROUP BY sex" --pack rw
    """
    if as_csv and as_json:
        raise UsageError("--csv and --json are both given", hint="choose one")
    found = find_population(folder, pack, size, seed, quiet=as_csv or as_json)
    from sandbox.population.export.query import ask

    with ask(found.folder, found.manifest, sql) as answer:
        if as_csv:
            _print_csv(answer.columns, answer.batches)
        elif as_json:
            _print_json(answer.columns, answer.batches)
        else:
            _print_table(answer.columns, answer.batches, rows)


def _print_table(columns: tuple[str, ...], batches: Iterable[list[tuple[Any, ...]]], most: int) -> None:
    shown: list[tuple[Any, ...]] = []
    for batch in batches:
        shown += batch
        if len(shown) > most:
            break
    numbers = {
        place for row in shown for place, value in enumerate(row) if isinstance(value, (int, float, Decimal))
    }
    print_table(
        [_plainly(column) for column in columns],
        [["" if value is None else _plainly(_say(value)) for value in row] for row in shown[:most]],
        empty="no rows",
        numbers=numbers,
    )
    if len(shown) > most:
        err().print(
            f"the first {most:,} rows are shown; --rows shows more, --csv and --json give all", markup=False
        )


def _print_csv(columns: tuple[str, ...], batches: Iterable[list[tuple[Any, ...]]]) -> None:
    from sandbox.population.export.formulas import mark

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([mark(column) for column in columns])
    for batch in batches:
        writer.writerows(
            [mark(value) if isinstance(value, str) else "" if value is None else _say(value) for value in row]
            for row in batch
        )
    sys.stdout.flush()


def _print_json(columns: tuple[str, ...], batches: Iterable[list[tuple[Any, ...]]]) -> None:
    """Print one list of objects, a row a line, as rows come."""
    before = "["
    for text in _as_json(columns, batches):
        sys.stdout.write(f"{before}\n{text}")
        before = ","
    sys.stdout.write("[]\n" if before == "[" else "\n]\n")
    sys.stdout.flush()


def _as_json(columns: tuple[str, ...], batches: Iterable[list[tuple[Any, ...]]]) -> Iterator[str]:
    for batch in batches:
        for row in batch:
            yield json.dumps(
                dict(zip(columns, map(_finite, row), strict=True)), default=_plain, ensure_ascii=False
            )


def _plainly(text: str) -> str:
    """Keep a value from steering the terminal; a plan of EXPLAIN keeps its lines."""
    from sandbox.population.pictures.paper import show_plainly

    return "\n".join(map(show_plainly, text.split("\n")))


def _say(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _finite(value: Any) -> Any:
    """Give null for what JSON has no number for."""
    return None if isinstance(value, float) and value - value != 0 else value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):  # DuckDB's sums of integers
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
