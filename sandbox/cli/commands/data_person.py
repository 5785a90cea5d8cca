"""`sandbox data person`: one citizen, as each block will know them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from sandbox.bootstrap import make_catalog
from sandbox.cli.options import Json
from sandbox.cli.output import out, print_json
from sandbox.cli.populations import Folder, PackOr, SeedOr, SizeOr, find_population
from sandbox.errors import UsageError
from sandbox.settings import Settings

if TYPE_CHECKING:
    from sandbox.population.pictures.citizen import CitizenFile, Section


def person(
    who: Annotated[
        str | None,
        typer.Argument(metavar="[ID|NUMBER]", help="Whose file: an id, or a number.", show_default=False),
    ] = None,
    folder: Folder = None,
    persona: Annotated[
        str | None, typer.Option("--persona", help="Whose file: a persona.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show also what no block is told.")] = False,
    pack: PackOr = None,
    size: SizeOr = None,
    seed: SeedOr = None,
    as_json: Json = False,
) -> None:
    """Show one citizen's file: the same person as each block will know them, column by column.

    Example: sandbox data person 12 --pack rw
    """
    if persona is not None and who is not None:
        # Without an id, what stands first is the folder.
        if folder is not None:
            raise UsageError(f"both {who!r} and --persona {persona!r} are given", hint="give one of them")
        folder, who = Path(who), None
    found = find_population(folder, pack, size, seed, quiet=as_json)
    from sandbox.population.pictures.citizen import open_file

    catalog = make_catalog(Settings())
    described = [catalog.descriptor(slug) for slug in catalog.block_slugs()]
    readers = {each.slug: each.seed.reads for each in described if each.seed and each.seed.reads}
    file = open_file(found.folder, found.manifest, readers, who=who, persona=persona)
    if as_json:
        print_json(_as_values(file))
        return
    console = out()
    console.print(found.name, markup=False)
    console.print()
    console.print(Text(_headline(file), style="bold"))
    for section in file.sections:
        console.print()
        console.print(Text(f"{section.reader} loads from {section.table}", style="bold"))
        _print_rows(section)
    if not everything:
        console.print("\n--all shows also what no block is told")
        return
    for section in file.untold:
        console.print()
        console.print(Text(f"no block loads from {section.table}", style="bold"))
        _print_rows(section)


def _headline(file: CitizenFile) -> str:
    from sandbox.population.pictures.paper import show_plainly

    words = [file.name]
    if file.name_latin != file.name:
        words.append(file.name_latin)
    words += [f"no. {file.number}", file.individual_id or "without an individual id"]
    if file.persona:
        words.append(f"persona {file.persona}")
    return show_plainly(" · ".join(words))


def _print_rows(section: Section) -> None:
    from sandbox.population.pictures.paper import show_plainly

    console = out()
    if not section.rows:
        console.print("  nothing")
    width = max(map(len, section.columns))
    for place, row in enumerate(section.rows):
        if place:
            console.print()
        for column, value in zip(section.columns, row, strict=True):
            console.print(Text(f"  {column:<{width}}  {show_plainly(_say(value))}".rstrip()))


def _say(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _as_values(file: CitizenFile) -> dict[str, Any]:
    blocks: dict[str, dict[str, Any]] = {}
    for section in file.sections:
        blocks.setdefault(section.reader, {})[section.table] = _rows(section)
    return {
        "person_no": file.number,
        "individual_id": file.individual_id,
        "name": file.name,
        "name_latin": file.name_latin,
        "persona": file.persona,
        "blocks": blocks,
        "untold": {section.table: _rows(section) for section in file.untold},
    }


def _rows(section: Section) -> list[dict[str, Any]]:
    return [dict(zip(section.columns, row, strict=True)) for row in section.rows]
