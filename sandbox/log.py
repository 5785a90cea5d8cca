"""Where log lines go, and what they are about.

Verdicts and answers are printed by the command line, never logged. A line is text for people, or one
JSON object for programs that collect them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from types import MappingProxyType

from sandbox.errors import UsageError

_ABOUT: ContextVar[Mapping[str, str | int]] = ContextVar("about", default=MappingProxyType({}))
_QUIET = ("httpx2", "httpcore2", "urllib3", "docker")
"""These write URLs with codes, and tokens, below warnings."""


class Form(StrEnum):
    """How a line is written."""

    TEXT = "text"
    JSON = "json"


@contextmanager
def about(**fields: str | int) -> Iterator[None]:
    """Have every line that is written meanwhile say what it is about, for example `request` or `job`."""
    token = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def log_to_stderr(level: int = logging.INFO, form: Form = Form.TEXT) -> None:
    """Send log lines to standard error; for a process that is ours alone. Raises UsageError."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_as_json() if form is Form.JSON else _Text())
    logging.basicConfig(level=level, handlers=[lines], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        said = super().formatMessage(record)
        return " ".join([said, *(f"{name}={value}" for name, value in _ABOUT.get().items())])


def _as_json() -> logging.Formatter:
    try:
        from pythonjsonlogger.json import JsonFormatter
    except ModuleNotFoundError:
        raise UsageError(
            "log lines as JSON need the package python-json-logger, which is not installed",
            hint="install what serving needs: pip install 'civic-sandbox[server]'",
        ) from None

    class Json(JsonFormatter):
        def process_log_record(self, log_data: dict[str, object]) -> dict[str, object]:
            return {**log_data, **_ABOUT.get()}

    return Json(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp="at",
    )
