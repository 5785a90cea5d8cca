"""Writes a run's events to `events.jsonl` while they come, so that a killed run leaves what it did.

A listener must not raise, so this one does not: what went wrong is kept in `failure`, for the
caller to report once the run is over. It decides nothing and forgets nothing.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from sandbox.evidence.lines import to_line
from sandbox.model.run import Event

EVENTS = "events.jsonl"
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def _unchanged(text: str) -> str:
    return text


class Recorder:
    """A `Listener`. One line per event, one system call per line: no half line but the last."""

    def __init__(self, folder: Path, *, mask: Callable[[str], str] = _unchanged) -> None:
        """Record into `folder`, which is made when missing; `mask` removes secrets from each line."""
        self.path = folder / EVENTS
        self.failure = ""
        self._mask = mask
        self._descriptor: int | None = None

    def __call__(self, event: Event) -> None:
        """Append one event."""
        try:
            if self._descriptor is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                self._descriptor = os.open(self.path, flags, 0o644)
            line = (self._mask(to_line(event)) + "\n").encode()
            if os.write(self._descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, "a line was written in part only")
            if event.kind == "run-finished":
                os.fsync(self._descriptor)
                self.close()
        except Exception as error:  # the port forbids raising; the first failure explains the others
            self.failure = self.failure or f"{type(error).__name__}: {error}"

    def close(self) -> None:
        """Give the file back; a later event opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read_events(path: Path) -> list[Event]:
    """Read what a recorder wrote; a last line that was cut short by a crash is left out."""
    lines = path.read_bytes().split(b"\n")
    return [_EVENT.validate_python(json.loads(line)) for line in lines[:-1] if line]
