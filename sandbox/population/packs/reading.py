"""A pack's files read with the line of every fault: YAML into a model, lists and tables of text.

Refuses to guess: a duplicate key, an unknown key or an empty field is a ContentError that
names file and line. Paths in errors are relative to the content root.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sandbox.errors import ContentError

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, with the number it stands on."""

    line: int
    values: tuple[str, ...]


def find_inside(folder: Path, file: str, root: Path) -> Path:
    """Give the path of a pack's own file; one that leads out of the pack is refused."""
    if not (folder / file).resolve().is_relative_to(folder.resolve()):
        raise ContentError(f"{file!r} leads out of the pack", path=_show(folder / "profile.yaml", root))
    return folder / file


def read_text(path: Path, root: Path) -> str:
    """Read a file as UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ContentError("the file is missing", path=_show(path, root)) from error
    except UnicodeDecodeError as error:
        raise ContentError("the file is not UTF-8", path=_show(path, root)) from error
    except OSError as error:
        raise ContentError(f"the file can't be read: {error.strerror}", path=_show(path, root)) from error


def read_model(path: Path, root: Path, model: type[Model]) -> Model:
    """Read a YAML file and validate it; the first fault is raised with its line."""
    try:
        # The round-trip loader is the one that remembers where every key stood.
        tree = YAML(typ="rt").load(read_text(path, root))
    except MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        message = f"not valid YAML: {error.problem or error.context}"
        raise ContentError(message, path=_show(path, root), line=line) from error
    except YAMLError as error:
        raise ContentError(f"not valid YAML: {error}", path=_show(path, root)) from error
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        # A misspelt key is also a missing one; the misspelling is what its writer looks for.
        first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
        place = ".".join(str(step) for step in first["loc"]) or "document"
        said = first["msg"].removeprefix("Value error, ")
        problem = "unknown key" if first["type"] == "extra_forbidden" else said
        raise ContentError(
            f"{place}: {problem}", path=_show(path, root), line=_find_line(tree, first["loc"])
        ) from error


def read_list(path: Path, root: Path) -> tuple[str, ...]:
    """Read one entry per line; `#` begins a comment line, and no entry may come twice."""
    seen: dict[str, int] = {}
    for number, raw in enumerate(read_text(path, root).splitlines(), start=1):
        entry = raw.strip()
        if not entry or entry.startswith("#"):
            continue
        if entry in seen:
            message = f"{entry!r} stands on line {seen[entry]} already"
            raise ContentError(message, path=_show(path, root), line=number)
        seen[entry] = number
    if not seen:
        raise ContentError("the list is empty", path=_show(path, root))
    return tuple(seen)


def read_table(path: Path, root: Path, header: Sequence[str]) -> tuple[Row, ...]:
    """Read a CSV file that has exactly this header and no empty cell."""
    lines = csv.reader(read_text(path, root).splitlines())
    first = next(lines, [])
    if first != list(header):
        wanted = ",".join(header)
        message = f"the header is {','.join(first)!r}, wanted {wanted!r}"
        raise ContentError(message, path=_show(path, root), line=1)
    rows = []
    for cells in lines:
        if len(cells) != len(header) or not all(cell.strip() for cell in cells):
            message = f"found {len(cells)} cells or an empty one, wanted {len(header)} filled ones"
            raise ContentError(message, path=_show(path, root), line=lines.line_num)
        rows.append(Row(line=lines.line_num, values=tuple(cell.strip() for cell in cells)))
    if not rows:
        raise ContentError("the table has no rows", path=_show(path, root), line=1)
    return tuple(rows)


def read_number(text: str, *, path: Path, root: Path, line: int) -> int:
    """Read a whole number that is not negative."""
    if not (text.isascii() and text.isdigit()):
        raise ContentError(
            f"found {text!r}, wanted a whole number of 0 or more", path=_show(path, root), line=line
        )
    return int(text)


def _show(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _find_line(tree: Any, location: Sequence[int | str]) -> int | None:
    """Follow a pydantic location into the tree as far as it leads; it also names union members."""
    line: int | None = None
    for step in location:
        marks = getattr(tree, "lc", None)
        if isinstance(tree, dict) and step in tree:
            line = marks.key(step)[0] + 1 if marks is not None else line
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            line = marks.item(step)[0] + 1 if marks is not None else line
        else:
            continue
        tree = tree[step]
    return line
