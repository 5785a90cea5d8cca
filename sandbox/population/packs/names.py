"""Name lists: from the pack's own files, or from a Faker locale that really has them.

Faker falls back in silence: a locale without names answers with another country's. So a
locale counts only when its own provider class holds the list itself; an inherited one is
refused. This is the one home of Faker in the project.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sandbox.errors import ContentError
from sandbox.population.packs.naming import Names, NameSource
from sandbox.population.packs.reading import find_inside, read_list, read_table, read_text
from sandbox.population.packs.scripts import Romanise, is_written_in

FEWEST_NAMES = 10
"""Fewer would make everybody a namesake."""

Part = Literal["given_female", "given_male", "family"]

_ATTRIBUTES: Mapping[Part, tuple[str, ...]] = {
    "given_female": ("first_names_female",),
    "given_male": ("first_names_male",),
    # Where a locale has forms by sex, the male one is what `family_endings` begins with.
    "family": ("last_names_male", "last_names"),
}


@dataclass(frozen=True, slots=True)
class NameList:
    """Names with their Latin twins; `weights` is None where the pack's rank law holds."""

    native: tuple[str, ...]
    latin: tuple[str, ...]
    weights: tuple[float, ...] | None = None

    def __len__(self) -> int:
        return len(self.native)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameLists:
    """All names of a pack. Lists by sex are (female, male)."""

    given: tuple[NameList, NameList]
    family: tuple[NameList, NameList]
    """Forms of the same family names; names of men where the rule is father-grandfather."""
    patronymics: tuple[NameList, NameList] | None
    """For each given name of men, what his daughters and his sons are called by it."""


def read_name_lists(names: Names, romanise: Romanise, *, folder: Path, root: Path) -> NameLists:
    """Read every list that the naming rule needs. Raises ContentError with file and line."""
    reader = _Reader(names, romanise, folder, root)
    females, males = (
        reader.read("given_female", names.given_female),
        reader.read("given_male", names.given_male),
    )
    family = males if names.family is None else reader.read("family", names.family)
    patronymics = None
    if names.patronymics is not None:
        endings = reader.endings(names.patronymics, ("ending", "male", "female"))
        patronymics = (
            reader.derive(males, {ending: forms[1] for ending, forms in endings.items()}, names.patronymics),
            reader.derive(males, {ending: forms[0] for ending, forms in endings.items()}, names.patronymics),
        )
    women = family
    if names.family_endings is not None:
        endings = reader.endings(names.family_endings, ("male", "female"))
        women = reader.derive(family, {"": "", **{ending: forms[0] for ending, forms in endings.items()}}, "")
    return NameLists(given=(females, males), family=(women, family), patronymics=patronymics)


@dataclass(frozen=True, slots=True)
class _Reader:
    names: Names
    romanise: Romanise
    folder: Path
    root: Path

    def read(self, part: Part, source: NameSource) -> NameList:
        if source.faker is not None:
            path = self.show("profile.yaml")
            native, weights = take_from_faker(source.faker, part, path=path, line=self.line_of(part))
            found = NameList(native, self.latin(native, path), weights)
        else:
            assert source.file is not None
            file = find_inside(self.folder, source.file, self.root)
            path = self.show(source.file)
            found = self.read_file(file, path)
        if len(found) < FEWEST_NAMES:
            raise ContentError(
                f"names.{part}: found a list of {len(found)}, wanted {FEWEST_NAMES} names or more",
                path=path,
                hint="with so few names nearly everybody would be somebody's namesake; add names to the list",
            )
        return found

    def read_file(self, path: Path, shown: str) -> NameList:
        if path.suffix != ".csv":
            native = read_list(path, self.root)
            self.refuse_other_scripts(native, shown)
            return NameList(native, self.latin(native, shown))
        rows = read_table(path, self.root, ("native", "latin"))
        seen: dict[str, int] = {}
        for row in rows:
            name, twin = row.values
            if name in seen:
                raise ContentError(f"{name!r} stands on line {seen[name]} already", path=shown, line=row.line)
            seen[name] = row.line
            if not is_written_in(self.names.script, name) or not is_written_in("Latn", twin):
                raise ContentError(
                    f"{name!r} is not written in {self.names.script}, or {twin!r} not in Latin letters",
                    path=shown,
                    line=row.line,
                )
        return NameList(tuple(seen), tuple(row.values[1] for row in rows))

    def endings(self, file: str, header: Sequence[str]) -> Mapping[str, Sequence[str]]:
        rows = read_table(find_inside(self.folder, file, self.root), self.root, header)
        return {row.values[0]: row.values[1:] for row in rows}

    def derive(self, source: NameList, endings: Mapping[str, str], file: str) -> NameList:
        """Exchange each name's ending for its longest match in the table; a whole name is one too."""
        native = []
        for name in source.native:
            ending = max((e for e in endings if name.endswith(e)), key=len, default=None)
            if ending is None:
                raise ContentError(f"no ending in the table fits {name!r}", path=self.show(file))
            native.append(name[: len(name) - len(ending)] + endings[ending])
        return NameList(tuple(native), self.latin(native, self.show("profile.yaml")))

    def latin(self, native: Sequence[str], path: str) -> tuple[str, ...]:
        if self.names.script != "Latn" and self.names.latin is None:
            raise ContentError(
                f"its names are in {self.names.script}, and nothing says how to write them in Latin letters",
                path=path,
                hint="give 'names.latin', or a .csv with columns native,latin",
            )
        written = []
        for name in native:
            try:
                written.append(self.romanise(name))
            except LookupError as error:
                raise ContentError(
                    f"{name!r}: {str(error.args[0])!r} is in no table of Latin letters", path=path
                ) from error
        return tuple(written)

    def refuse_other_scripts(self, native: Sequence[str], path: str) -> None:
        for name in native:
            if not is_written_in(self.names.script, name):
                raise ContentError(f"{name!r} is not written in {self.names.script}", path=path)

    def line_of(self, part: Part) -> int | None:
        """Find where the profile names the list."""
        lines = read_text(self.folder / "profile.yaml", self.root).splitlines()
        return next((n for n, line in enumerate(lines, start=1) if line.strip().startswith(f"{part}:")), None)

    def show(self, file: str) -> str:
        return str((self.folder / file).relative_to(self.root))


def take_from_faker(
    locale: str, part: Part, *, path: str, line: int | None = None
) -> tuple[tuple[str, ...], tuple[float, ...] | None]:
    """Take a list that the locale's own provider defines; `path` is where the locale was named.

    Weighted lists are put in order of weight. Flat ones are alphabetical more often than not,
    which would make A the commonest letter; they are put in an order that depends on nothing
    but the names.
    """
    hint = "use a locale that has its own list, or a file of the pack"
    try:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    except ModuleNotFoundError as error:
        raise ContentError(
            f"names.{part}: Faker has no names for {locale!r}", path=path, line=line, hint=hint
        ) from error
    for attribute in _ATTRIBUTES[part]:
        own = vars(provider).get(attribute)
        if isinstance(own, Mapping):
            ordered = sorted(own, key=lambda name: (-own[name], name))
            return tuple(ordered), tuple(float(own[name]) for name in ordered)
        if isinstance(own, (list, tuple)) and own:
            return tuple(sorted(set(own), key=lambda name: hashlib.sha256(name.encode()).digest())), None
    raise ContentError(
        f"names.{part}: Faker's {locale!r} has no list of its own and would answer with another country's",
        path=path,
        line=line,
        hint=hint,
    )
