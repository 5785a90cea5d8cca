"""Structured log lines, one JSON object each, carrying the exchange they belong to."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

current_exchange: ContextVar[str] = ContextVar("current_exchange", default="")
"""Id of the exchange being answered; set by the guard, read by every log line."""


class JsonLines(logging.Formatter):
    """One JSON object per record: time, level, logger, message, exchange, and the traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if exchange := current_exchange.get():
            line["exchange"] = exchange
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr() -> None:
    """Send everything from INFO on to standard error; for a block that owns its process."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[stream], force=True)
    # Authlib and httpx2 write tokens and URLs with codes below this level.
    for name in ("authlib", "httpx2", "httpcore2", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
