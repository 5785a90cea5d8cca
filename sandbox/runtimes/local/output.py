"""Whose log a line belongs to, when many instances share one process.

A context variable names the instance that a thread or task works for; standard output,
standard error and with them every logging handler that writes there go to that instance's
log. A thread started without its starter's context (a connection pool's) has none: its
lines go to the host's own log.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from datetime import UTC, datetime
from threading import Lock

from sandbox.runtimes.local.logfile import BoundedLog

_TAIL_LINES = 100
_QUIET = ("authlib", "httpx2", "httpcore2", "uvicorn.access")
"""These write tokens, or URLs with codes in them, below WARNING."""


class Output:
    """Where the lines of one instance, or of one program that runs once, go."""

    def __init__(self, log: BoundedLog) -> None:
        self._log = log
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._unfinished = ""
        self._lock = Lock()

    def write(self, text: str) -> None:
        """Take any piece of text; whole lines are written, the rest waits for its end."""
        with self._lock:
            *lines, self._unfinished = (self._unfinished + text).split("\n")
            for line in lines:
                self._tail.append(line)
                self._log.append(line)

    def tail(self) -> str:
        """The newest lines."""
        with self._lock:
            return "\n".join(self._tail)

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Make this the output of everything that the current context does."""
        before = _current.set(self)
        try:
            yield
        finally:
            self.write("\n" if self._unfinished else "")
            _current.reset(before)


_current: ContextVar[Output] = ContextVar("current_output")


class RoutedStream(io.TextIOBase):
    """Stands in for standard output and standard error of the whole process."""

    def __init__(self, otherwise: Output) -> None:
        self._otherwise = otherwise

    def writable(self) -> bool:
        """Writing is all it does."""
        return True

    def write(self, text: str, /) -> int:
        """Hand the text to whom the current context works for."""
        _current.get(self._otherwise).write(text)
        return len(text)


def route_output(otherwise: Output) -> None:
    """Take over the process's output and logging; for the host's entry point alone."""
    stream = RoutedStream(otherwise)
    sys.stdout = sys.stderr = stream
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class JsonLines(logging.Formatter):
    """One JSON object per record, the shape that a block in its own process writes."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if exchange := _exchange():
            line["exchange"] = exchange
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _exchange() -> str:
    """Id of the exchange being answered. Blocks can't be imported here: theirs is known by its name."""
    for variable, value in copy_context().items():
        if variable.name == "current_exchange":
            return str(value)
    return ""
