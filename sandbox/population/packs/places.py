"""Administrative units of a pack: `places.csv` read as a tree, from the top level to the settlement.

One line of the file is one settlement with everything above it. Units are numbered in order of
level and of first appearance, and the same for every population of the pack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import ContentError
from sandbox.population.packs.profile import Places
from sandbox.population.packs.reading import Row, read_number, read_table
from sandbox.population.packs.scripts import Romanise


@dataclass(frozen=True, slots=True)
class Place:
    """A settlement, how many of a thousand or so households live there, and its unit's number."""

    region: str
    district: str
    settlement: str
    urban: bool
    weight: int
    unit_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An administrative unit; `parent_no` is None at the top, `urban` is None above settlements."""

    unit_no: int
    parent_no: int | None
    level: int
    level_name: str
    code: str
    name: str
    name_latin: str
    urban: bool | None
    households_weight: int


def read_places(
    path: Path, root: Path, places: Places, romanise: Romanise, *, prefix: str
) -> tuple[tuple[Place, ...], tuple[Unit, ...]]:
    """Read settlements and the units above them. Raises ContentError with file and line."""
    shown = str(path.relative_to(root))
    depth = len(places.levels)
    rows = read_table(path, root, (*places.levels, "urban", "weight"))
    weights: dict[tuple[str, ...], int] = {}
    urban: dict[tuple[str, ...], bool] = {}
    for row in rows:
        names, flag = row.values[:depth], row.values[depth]
        if flag not in ("yes", "no"):
            raise ContentError(f"urban is {flag!r}, wanted yes or no", path=shown, line=row.line)
        if names in urban:
            raise ContentError(f"{names[-1]!r} stands in this place already", path=shown, line=row.line)
        urban[names] = flag == "yes"
        count = read_number(row.values[depth + 1], path=path, root=root, line=row.line)
        for level in range(1, depth + 1):
            weights[names[:level]] = weights.get(names[:level], 0) + count
    if not any(weights.values()):
        raise ContentError("no place has a weight above 0", path=shown)
    units = _number_units(weights, urban, places, prefix, _write_latin(rows, depth, romanise, shown))
    settled = {unit: number for number, unit in enumerate(sorted(weights, key=len)) if len(unit) == depth}
    region, district = places.levels.index(places.region), places.levels.index(places.district)
    return (
        tuple(
            Place(names[region], names[district], names[-1], urban[names], weights[names], settled[names])
            for names in urban
        ),
        units,
    )


def _number_units(
    weights: dict[tuple[str, ...], int],
    urban: dict[tuple[str, ...], bool],
    places: Places,
    prefix: str,
    latin: dict[str, str],
) -> tuple[Unit, ...]:
    ordered = sorted(weights, key=len)  # stable: within a level by first appearance
    numbers = {names: number for number, names in enumerate(ordered)}
    codes: dict[tuple[str, ...], str] = {(): prefix}
    children: dict[tuple[str, ...], int] = {}
    units = []
    for names in ordered:
        above = names[:-1]
        children[above] = children.get(above, 0) + 1
        codes[names] = f"{codes[above]}-{children[above]:02d}"
        units.append(
            Unit(
                unit_no=numbers[names],
                parent_no=numbers.get(above),
                level=len(names),
                level_name=places.levels[len(names) - 1],
                code=codes[names],
                name=names[-1],
                name_latin=latin[names[-1]],
                urban=urban.get(names),
                households_weight=weights[names],
            )
        )
    return tuple(units)


def _write_latin(rows: Sequence[Row], depth: int, romanise: Romanise, shown: str) -> dict[str, str]:
    latin: dict[str, str] = {}
    for row in rows:
        for name in row.values[:depth]:
            try:
                latin[name] = latin.get(name) or romanise(name)
            except LookupError as error:
                raise ContentError(
                    f"{name!r}: {str(error.args[0])!r} is in no table of Latin letters",
                    path=shown,
                    line=row.line,
                ) from error
    return latin
