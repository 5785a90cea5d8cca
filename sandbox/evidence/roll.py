"""Writes `journeys.jsonl` while journeys end: one line each, none of them kept.

Must not raise into the journeys: what went wrong first is kept in `failure`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sandbox.evidence.lines import to_line
from sandbox.model.crowd import JourneyResult

JOURNEYS = "journeys.jsonl"


class Roll:
    """Hears of journeys, one after another."""

    def __init__(self, folder: Path, *, mask: Callable[[str], str]) -> None:
        """Write into `folder`, which is made when missing; `mask` removes secrets from each line."""
        self._path = folder / JOURNEYS
        self._mask = mask
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self.failure = ""

    def __call__(self, journey: JourneyResult) -> None:
        """Write one line."""
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("wb")
            line = (self._mask(to_line(journey)) + "\n").encode()
            self._file.write(line)
            self._digest.update(line)
        except OSError as error:
            self.failure = self.failure or f"{type(error).__name__}: {error}"

    def close(self) -> str:
        """End the file and give its SHA-256; empty when nothing was written, or not all of it."""
        if self._file is None:
            return ""
        try:
            self._file.close()
        except OSError as error:
            self.failure = self.failure or f"{type(error).__name__}: {error}"
        return "" if self.failure else self._digest.hexdigest()
