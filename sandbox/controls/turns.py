"""Lists that a scenario goes through one by one: a pick of citizens, a round of items.

Arazzo has no loop over a list; it has a step that fetches the next one. Kept in memory: a
pick or round lives as long as the run that opened it.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import NotFound, StateConflict

MOST = 1000


@dataclass(slots=True)
class _List:
    items: list[Any]
    position: int = 0


@dataclass(slots=True)
class Turns:
    """Open lists by id; the oldest is forgotten when there are too many."""

    _lists: dict[str, _List] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, prefix: str, items: list[Any]) -> str:
        """Keep a list and give its id."""
        with self._lock:
            name = f"{prefix}-{secrets.token_hex(6)}"
            self._lists[name] = _List(items)
            while len(self._lists) > MOST:
                del self._lists[next(iter(self._lists))]
            return name

    def items(self, name: str) -> list[Any]:
        """Give the whole list. Raises NotFound."""
        with self._lock:
            return self._find(name).items

    def next(self, name: str) -> tuple[Any, int, bool]:
        """Give the next item, its position counted from 1, and whether more follow.

        Raises NotFound for an unknown list, StateConflict past its end.
        """
        with self._lock:
            found = self._find(name)
            if found.position >= len(found.items):
                raise StateConflict(f"all {len(found.items)} of {name!r} have had their turn")
            found.position += 1
            return found.items[found.position - 1], found.position, found.position < len(found.items)

    def _find(self, name: str) -> _List:
        if name not in self._lists:
            raise NotFound(f"there is no list {name!r}")
        return self._lists[name]
