"""`sandbox data show` and `sandbox data person`: citizens as people look at them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from sandbox.cli.options import Json
from sandbox.cli.output import UNWRAPPED, out, print_alone, print_json
from sandbox.cli.populations import Folder, Found, PackOr, SeedOr, SizeOr, find_population

if TYPE_CHECKING:
    from sandbox.population.pictures.figures import Pyramid, Sizes
    from sandbox.population.pictures.kin import Branch, Family, Member
    from sandbox.population.pictures.paper import Picture

_SIDE = 30
"""Letters of the longest bar: two of them, the ages and the numbers fit into 80 columns."""


def show(
    folder: Folder = None,
    household: Annotated[
        int | None,
        typer.Option("--household", min=0, help="Show this household's family tree.", show_default=False),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option(
            "--svg", help="Write pictures: a folder, or one new file that ends in .svg.", show_default=False
        ),
    ] = None,
    pack: PackOr = None,
    size: SizeOr = None,
    seed: SeedOr = None,
    as_json: Json = False,
) -> None:
    """Show ages and households of a population, or one household's family tree.

    Example: sandbox data show --pack rw --household 12 --svg family.svg
    """
    found = find_population(folder, pack, size, seed, quiet=as_json)
    if household is None:
        written = _show_population(found, svg, as_json=as_json)
    else:
        written = _show_household(found, household, svg, as_json=as_json)
    if not as_json:
        for path in written:
            print_alone(str(path))


def _show_population(found: Found, svg: Path | None, *, as_json: bool) -> list[Path]:
    from sandbox.population.pictures.bars import draw_pyramid, draw_sizes
    from sandbox.population.pictures.figures import count_ages, count_sizes

    pyramid = count_ages(found.folder, found.manifest)
    sizes = count_sizes(found.folder, found.manifest)
    written = _write(svg, [draw_pyramid(pyramid), draw_sizes(sizes)], found)
    if as_json:
        print_json({**_as_values(pyramid, sizes), "written": [str(path) for path in written]})
        return written
    console = out()
    console.print(found.name, markup=False)
    for line in (*_pyramid_lines(pyramid), *_size_lines(sizes)):
        console.print(line)
    return written


def _show_household(found: Found, number: int, svg: Path | None, *, as_json: bool) -> list[Path]:
    from sandbox.population.pictures.kin import read_family
    from sandbox.population.pictures.tree import draw_family

    family = read_family(found.folder, found.manifest, number)
    written = _write(svg, [draw_family(family)], found)
    if as_json:
        print_json(
            {
                "household_no": family.number,
                "finding": family.finding,
                "members": [_member_values(member) for member in family.members],
                "written": [str(path) for path in written],
            }
        )
        return written
    console = Console(highlight=False)
    # Another program reads whole lines; to a person, long ones are folded beside the branches.
    if not console.is_terminal:
        console.width = UNWRAPPED
    console.print(found.name, markup=False)
    console.print()
    console.print(_tree(family))
    return written


def _write(svg: Path | None, pictures: list[Picture], found: Found) -> list[Path]:
    """Write pictures as one document, or each into the folder."""
    if svg is None:
        return []
    from sandbox.population.files.growing import check_free, growing
    from sandbox.population.pictures.paper import write_document

    if svg.suffix.lower() == ".svg":
        files = {svg: pictures}
    else:
        files = {svg / f"{picture.name}.svg": [picture] for picture in pictures}
    for path in files:
        check_free(path)
    for path, drawn in files.items():
        with growing(path, folder=False) as place:
            place.write_text(write_document(drawn, found.name), encoding="utf-8")
    return list(files)


def _pyramid_lines(pyramid: Pyramid) -> Iterator[Text]:
    top = max(1, *(max(band.female, band.male) for band in pyramid.bands))
    yield Text()
    yield Text(pyramid.finding, style="bold")
    yield Text(f"{'women and girls':>{_SIDE + 7}} {'age':^6} men and boys")
    for band in reversed(pyramid.bands):
        yield Text.assemble(
            f"{_say(band.female):>6} ",
            (f"{_bar(band.female, top):>{_SIDE}}", "cyan"),
            f" {band.label:^6} ",
            (f"{_bar(band.male, top)}", "blue"),
            f" {_say(band.male)}",
        )


def _size_lines(sizes: Sizes) -> Iterator[Text]:
    from sandbox.population.pictures.figures import label_size

    top = max(1, *(count for _, count in sizes.counts))
    yield Text()
    yield Text(sizes.finding, style="bold")
    yield Text("members  households")
    for size, count in sizes.counts:
        yield Text.assemble(f"{label_size(size):>7}  ", (_bar(count, top), "cyan"), f" {count:,}")


def _bar(count: int, top: int) -> str:
    """Draw a bar; whoever is there is seen, however few."""
    return "█" * round(_SIDE * count / top) or ("▏" if count else "")


def _say(count: int) -> str:
    """Write a number in six letters."""
    return (
        f"{count:,}"
        if count < 100_000
        else f"{count / 1000:,.0f}k"
        if count < 10_000_000
        else f"{count / 1e6:,.1f}M"
    )


def _tree(family: Family) -> Tree:
    top = Tree(Text(family.finding, style="bold"))
    for branch in family.branches:
        _hang(top, branch)
    return top


def _hang(above: Tree, branch: Branch) -> None:
    text = _describe(branch.person)
    if branch.spouse is not None:
        text.append("\n= ")
        text.append(_describe(branch.spouse))
    here = above.add(text)
    for child in branch.children:
        _hang(here, child)


def _describe(member: Member) -> Text:
    from sandbox.population.pictures.paper import show_plainly
    from sandbox.population.pictures.tree import say_member

    return Text.assemble((show_plainly(member.name), "bold"), f"  {show_plainly(say_member(member))}")


def _as_values(pyramid: Pyramid, sizes: Sizes) -> dict[str, Any]:
    return {
        "age_pyramid": {
            "finding": pyramid.finding,
            "date": pyramid.date,
            "bands": [
                {"ages": band.label, "from_age": band.from_age, "female": band.female, "male": band.male}
                for band in pyramid.bands
            ],
        },
        "household_sizes": {
            "finding": sizes.finding,
            "sizes": [{"members": size, "households": count} for size, count in sizes.counts],
        },
    }


def _member_values(member: Member) -> dict[str, Any]:
    return {
        "person_no": member.number,
        "role": member.role,
        "name": member.name,
        "name_latin": member.latin or member.name,
        "sex": member.sex,
        "birth_date": member.born.isoformat(),
        "age": member.age,
        "mother_no": member.mother,
        "father_no": member.father,
        "spouse_no": member.spouse,
        "death_date": member.died.isoformat() if member.died else None,
    }
