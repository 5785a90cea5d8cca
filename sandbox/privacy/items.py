"""What there is of each kind: one item for each run, report or sandbox.

Reads names, sizes and times, and of evidence who started it. A link is never followed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.evidence.register import HEAD, Entry
from sandbox.evidence.register import REGISTER as REGISTER_FILE
from sandbox.privacy.kinds import KINDS, REGISTER, UNKNOWN, Kind

LONGEST_RUN = timedelta(hours=2)
"""A run that began within this time and has no end is being written; an older one was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is kept."""

    kind: Kind
    name: str
    path: Path
    stored_bytes: int
    changed: datetime
    people: tuple[str, ...] = ()
    """Who stands in it, as far as that is written down in a place of its own."""
    busy: bool = False
    """Whether a run still writes it."""


def list_items(home: Path, entries: Sequence[Entry], now: datetime) -> Sequence[Item]:
    """List everything below the home, kind by kind."""
    known = {kind.folder for kind in KINDS}
    busy = _find_busy(entries, now)
    items: list[Item] = []
    for kind in KINDS:
        items += _items_of(kind, home / kind.folder, busy)
    register = home / "runs" / REGISTER_FILE
    if register.is_file():
        items.append(_item(REGISTER, register))
    with suppress(OSError):
        items += [_item(UNKNOWN, path) for path in sorted(home.iterdir()) if path.name not in known]
    return items


def _find_busy(entries: Sequence[Entry], now: datetime) -> frozenset[str]:
    over = {entry.run for entry in entries if entry.kind != "started"}
    return frozenset(entry.run for entry in entries if entry.run not in over and now - entry.at < LONGEST_RUN)


def _items_of(kind: Kind, folder: Path, busy: frozenset[str]) -> Iterator[Item]:
    if not os.path.lexists(folder):
        return
    if not kind.one_by_one:
        yield _item(kind, folder)
        return
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        yield _item(kind, folder)
        return
    for path in paths:
        if path.name.startswith(".") or path.name in (REGISTER_FILE, HEAD):
            continue
        people = _people_of(path) if kind.name == "evidence" else ()
        yield _item(kind, path, people, busy=path.name in busy)


def _item(kind: Kind, path: Path, people: tuple[str, ...] = (), *, busy: bool = False) -> Item:
    size, newest = 0, 0.0
    for each in walk(path):
        with suppress(OSError):
            status = each.lstat()
            size += status.st_size
            newest = max(newest, status.st_mtime)
    return Item(
        kind=kind,
        name=path.name,
        path=path,
        stored_bytes=size,
        changed=datetime.fromtimestamp(newest or path.lstat().st_mtime, UTC),
        people=people,
        busy=busy,
    )


def walk(path: Path) -> Iterator[Path]:
    """Give every file below a path, links as what they are; what can't be read is left out."""
    if path.is_symlink() or not path.is_dir():
        yield path
        return
    for folder, _, names in os.walk(path):  # follows no link, and passes over what it may not read
        yield from (Path(folder) / name for name in names)


def _people_of(bundle: Path) -> tuple[str, ...]:
    """Who started a run, and who owns its question."""
    try:
        told: Any = json.loads((bundle / "run.json").read_bytes())
    except (OSError, ValueError):
        return ()
    if not isinstance(told, dict):
        return ()
    pilot = told.get("pilot")
    found = (told.get("who"), pilot.get("owner") if isinstance(pilot, dict) else None)
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str) and each))


def concerns(item: Item, subject: str) -> bool:
    """Whether a name stands in an item: as who started a run, or as a whole word of what it says."""
    if any(subject.casefold() in person.casefold() for person in item.people):
        return True
    word = re.compile(rb"(?<![\w.@-])" + re.escape(subject.encode()) + rb"(?![\w@-])", re.IGNORECASE)
    for path in walk(item.path):
        texts = path.name in ("run.json", "pilot.yaml") or path.suffix in (".log", ".txt")
        if (texts or item.kind.name != "evidence") and not path.is_symlink() and path.is_file():
            with suppress(OSError):
                if word.search(path.read_bytes()):
                    return True
    return False
