"""Country packs on disk: found by scanning, read whole, checked before anything is generated.

A pack is the folder `datasets/countries/<code>/` and holds data only: `profile.yaml`, lists of
names, `places.csv`, `ages.csv` and `SOURCES.md`. Refuses a pack that doesn't say where its
data come from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from sandbox.errors import ContentError, UsageError
from sandbox.population.packs.names import NameList, NameLists, read_name_lists
from sandbox.population.packs.personas import CATALOGUE, PersonaHousehold, read_personas
from sandbox.population.packs.places import Place, Unit, read_places
from sandbox.population.packs.profile import Profile
from sandbox.population.packs.reading import read_list, read_model, read_number, read_table, read_text
from sandbox.population.packs.recipes import NATIONAL_CHECKS, Check
from sandbox.population.packs.scripts import read_romanisation

RECIPE = 4
"""Raised when the generator makes other citizens of the same pack; part of every pack's digest."""

AGE_BANDS = tuple(range(0, 105, 5))
"""First ages of the bands of `ages.csv`; the last is open."""

FOLDER = Path("datasets") / "countries"
"""Where packs lie below the content root."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pack:
    """One country as data, validated."""

    code: str
    folder: Path
    profile: Profile
    names: NameLists
    places: tuple[Place, ...]
    units: tuple[Unit, ...]
    """Administrative units of every level, by their number."""
    streets: tuple[str, ...]
    ages: tuple[tuple[int, int], ...]
    """For each of AGE_BANDS, how many are female and how many male."""
    personas: tuple[PersonaHousehold, ...]
    digest: str
    """SHA-256 over the pack's files, the names that Faker gave, and the generator's recipe number."""

    @property
    def capacity(self) -> int:
        """The largest population in which every number is somebody's own; personas have two phones each."""
        personas = sum(len(household.members) for household in self.personas)
        return min(self.profile.capacity, self.profile.phone.capacity - personas)


def list_packs(content_root: Path) -> Sequence[Pack]:
    """Read every pack, in order of code; the first invalid one raises ContentError."""
    return [load_pack(content_root, code) for code in known_packs(content_root)]


def load_pack(content_root: Path, code: str) -> Pack:
    """Read one pack.

    Raises ContentError with file and line when it is invalid, UsageError when there is none.
    """
    known = known_packs(content_root)
    if code not in known:
        raise UsageError(f"no country pack is called {code!r}", hint=f"choose one of: {', '.join(known)}")
    folder = content_root / FOLDER / code
    profile = read_model(folder / "profile.yaml", content_root, Profile)
    _refuse_foreign_check(code, profile, folder / "profile.yaml", content_root)
    _refuse_files_without_source(folder, content_root)
    romanise = read_romanisation(profile.names.latin, folder=folder, root=content_root)
    names = read_name_lists(profile.names, romanise, folder=folder, root=content_root)
    places, units = read_places(
        folder / "places.csv", content_root, profile.places, romanise, prefix=code.upper()
    )
    return Pack(
        code=code,
        folder=folder,
        profile=profile,
        names=names,
        places=places,
        units=units,
        streets=read_list(folder / "streets.txt", content_root) if "{street}" in profile.address else ("",),
        ages=_read_ages(folder / "ages.csv", content_root),
        personas=read_personas(content_root),
        digest=_digest(folder, names, content_root / CATALOGUE),
    )


def list_files(folder: Path) -> list[str]:
    """Give a pack's files by name; what begins with a dot is an editor's, not the pack's."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _refuse_foreign_check(code: str, profile: Profile, path: Path, root: Path) -> None:
    """Where the check digit of a country's ids is known, another one would be no id of that country."""
    last = profile.individual_id.parts[-1]
    wanted, found = NATIONAL_CHECKS.get(code), last.check if isinstance(last, Check) else None
    if wanted is not None and found != wanted:
        raise ContentError(
            f"individual_id: ids of {code} end with the check digit {wanted!r}, found {found or 'none'!r}",
            path=str(path.relative_to(root)),
            hint=f"end its parts with {{check: {wanted}}}",
        )


def _refuse_files_without_source(folder: Path, root: Path) -> None:
    """Every file has to stand in SOURCES.md between backquotes, by its name or by a pattern."""
    named = re.findall(r"`([^`\n]+)`", read_text(folder / "SOURCES.md", root))
    for file in list_files(folder):
        if file != "SOURCES.md" and not any(fnmatchcase(file, name) for name in named):
            raise ContentError(
                f"it doesn't say where {file!r} comes from",
                path=str((folder / "SOURCES.md").relative_to(root)),
                hint=f"add a line with `{file}`, its source and the source's licence",
            )


def known_packs(content_root: Path) -> list[str]:
    """Give the codes of the packs that are there, whatever is in them."""
    folder = content_root / FOLDER
    if not folder.is_dir():
        raise ContentError("there is no folder of country packs", path=str(FOLDER))
    return sorted(
        entry.name for entry in folder.iterdir() if entry.is_dir() and re.fullmatch(r"[a-z]{2}", entry.name)
    )


def _digest(folder: Path, names: NameLists, personas: Path) -> str:
    """Hash names and contents."""
    total = hashlib.sha256(f"recipe {RECIPE}\n".encode())
    for file in list_files(folder):
        total.update(f"{file} {hashlib.sha256((folder / file).read_bytes()).hexdigest()}\n".encode())
    if personas.is_file():
        total.update(f"personas {hashlib.sha256(personas.read_bytes()).hexdigest()}\n".encode())
    # Lists may be another package's: a new version of it makes other citizens.
    lists: list[NameList] = [*names.given, *names.family]
    for each in lists:
        total.update(repr((each.native, each.latin, each.weights)).encode())
    return total.hexdigest()


def _read_ages(path: Path, root: Path) -> tuple[tuple[int, int], ...]:
    rows = read_table(path, root, ("from_age", "female", "male"))
    numbers = [
        tuple(read_number(cell, path=path, root=root, line=row.line) for cell in row.values) for row in rows
    ]
    if tuple(row[0] for row in numbers) != AGE_BANDS:
        raise ContentError(
            f"wanted one line for each of the ages {AGE_BANDS[0]}, {AGE_BANDS[1]}, ... {AGE_BANDS[-1]}",
            path=str(path.relative_to(root)),
        )
    if not any(female or male for _, female, male in numbers):
        raise ContentError("nobody is of any age", path=str(path.relative_to(root)))
    return tuple((female, male) for _, female, male in numbers)
