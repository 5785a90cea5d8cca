"""Deletes what is real, and leaves in the register of runs that there was something.

A run's tombstone is written before its evidence goes: a command that is killed in between leaves
evidence that is said to be deleted, which the next one finishes; never a gap that nobody can explain.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.errors import RuntimeFailure
from sandbox.evidence.register import Register
from sandbox.privacy.items import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What became of one item."""

    item: Item
    tombstone: int | None = None
    """Line of the register of runs that says so."""


def is_over(item: Item, now: datetime) -> bool:
    """Whether an item is past the time for which its kind is kept."""
    return item.kind.days is not None and now - item.changed > item.kind.days


def erase(items: Sequence[Item], register: Register, now: datetime) -> list[Erased]:
    """Delete items, one after another. Raises RuntimeFailure at the first that can't be deleted."""
    entered = {entry.run for entry in register.entries() if entry.kind == "started"}
    gone = {entry.run: entry.number for entry in register.entries() if entry.kind == "deleted"}
    erased = []
    for item in items:
        tombstone = None
        if item.kind.name == "evidence" and item.name in entered:
            tombstone = gone.get(item.name) or register.delete(run=item.name, at=now).number
        _remove(item.path)
        erased.append(Erased(item=item, tombstone=tombstone))
    return erased


def _remove(path: Path) -> None:
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path)
    except FileNotFoundError:
        return  # another command was faster
    except OSError as error:
        raise RuntimeFailure(
            f"{path} can't be deleted: {error.strerror}",
            hint="run it again as the user whom the folder belongs to; what is deleted stays deleted",
        ) from error
