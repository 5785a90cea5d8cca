"""One instance's log on disk: written line by line, bounded, read from its end.

At most two files of `LIMIT` bytes each: the current one, and the one before it (`.1`).
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

LIMIT = 4 * 1024 * 1024
_POLL = 0.2


class BoundedLog:
    """Appends lines; never raises, because a log must not stop the block that writes it."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self._path = path
        self._limit = limit
        self._lock = Lock()
        self._descriptor: int | None = None

    def append(self, line: str) -> None:
        """Write one line; on a full disk it is lost."""
        with self._lock:
            try:
                self._write((line + "\n").encode(errors="replace"))
            except OSError:
                self.close()

    def close(self) -> None:
        """Let go of the file; the next line opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, data: bytes) -> None:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if os.fstat(self._descriptor).st_size + len(data) > self._limit:
            self.close()
            self._path.replace(_previous(self._path))
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(self._descriptor, data)


def read_tail(path: Path, lines: int) -> list[str]:
    """Give the newest lines, oldest first; none when there is no log."""
    newest: deque[str] = deque(maxlen=max(lines, 0))
    for part in (_previous(path), path):
        try:
            newest.extend(part.read_text(errors="replace").splitlines())
        except FileNotFoundError:
            continue
    return list(newest)


def follow(path: Path, lines: int, runs: Callable[[], bool]) -> Iterator[str]:
    """Yield the newest lines and then every new one, until `runs` says no and all is read."""
    position = path.stat().st_size if path.exists() else 0
    yield from read_tail(path, lines)
    rest = ""
    while True:
        running = runs()  # asked before reading, so that the last words are read too
        text, position = _read_from(path, position)
        *whole, rest = (rest + text).split("\n")
        yield from whole
        if text:
            continue
        if not running:
            return
        time.sleep(_POLL)


def _read_from(path: Path, position: int) -> tuple[str, int]:
    try:
        with path.open("rb") as file:
            if position > os.fstat(file.fileno()).st_size:
                position = 0  # a new file was begun
            file.seek(position)
            data = file.read()
            return data.decode(errors="replace"), position + len(data)
    except FileNotFoundError:
        return "", 0


def _previous(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")
