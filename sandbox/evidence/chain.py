"""Checks that the mediator's message log is whole, from the exchanges alone.

Each line's hash is the SHA-256 of its canonical JSON, which holds its own number and the hash of
the line before. The text is computed afresh here from what the mediator handed out. One thing can't
be told: a NUL from a caller is stored as U+FFFD in a spelling that reading JSON loses, so a line that
holds one is checked by its links only, and counted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.model.run import Exchange

_LOST = "\ufffd"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFinding:
    """What can be said of the message log; `number` and `hash` are its head, signed into the evidence."""

    state: Literal["whole", "broken", "empty"]
    number: int
    hash: str
    sentence: str
    first: int = 0
    """Number of the first line that was seen."""
    linked_only: int = 0
    """Lines that could be checked by their links only."""
    broken_at: int = 0
    """Number of the line at which it does not hold; 0 when it holds."""
    fault: Literal["", "order", "content"] = ""
    """What is wrong with that line: it does not follow the one before, or was changed."""


def compute_hash(exchange: Exchange) -> str:
    """Compute the hash that belongs to a line."""
    return hashlib.sha256(_write_canonical(exchange).encode("utf-8", "replace")).hexdigest()


def _write_canonical(exchange: Exchange) -> str:
    content = {name: getattr(exchange, name) for name in type(exchange).model_fields if name != "hash"}
    content["at"] = exchange.at.isoformat()
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def check_log(exchanges: Sequence[Exchange]) -> LogFinding:
    """Walk the log in its own order and say whether it holds, and where it breaks."""
    walk = LogWalk()
    for line in sorted(exchanges, key=lambda exchange: exchange.number):
        walk.pass_by(line)
    return walk.finding()


class LogWalk:
    """Checks a log whose lines come one after another, without keeping them."""

    def __init__(self) -> None:
        """Begin before the first line."""
        self._first = 0
        self._number = 0
        self._hash = ""
        self._linked_only = 0
        self._broken = ""
        self._fault: Literal["", "order", "content"] = ""
        self._broken_at = 0

    def pass_by(self, line: Exchange) -> None:
        """Check the next line; nothing behind a broken one is looked at."""
        if self._broken:
            return
        if not self._first:
            self._first = line.number
        elif line.number != self._number + 1 or line.previous != self._hash:
            self._broken = f"line {line.number:,} does not follow the line before it"
            self._fault, self._broken_at = "order", line.number
            return
        if line.hash != compute_hash(line):
            if _LOST not in _write_canonical(line):
                self._broken = f"line {line.number:,} was changed after it was written"
                self._fault, self._broken_at = "content", line.number
                if line.number == self._first:
                    self._number, self._hash = line.number, line.hash
                return
            self._linked_only += 1
        self._number, self._hash = line.number, line.hash

    def finding(self) -> LogFinding:
        """Say what was found."""
        if not self._first:
            return LogFinding(state="empty", number=0, hash="", sentence="holds no line")
        if self._broken:
            sentence = f"does not hold: {self._broken}"
            return LogFinding(
                state="broken",
                number=self._number,
                hash=self._hash,
                sentence=sentence,
                first=self._first,
                broken_at=self._broken_at,
                fault=self._fault,
            )
        first = f"from line {self._first:,} " if self._first > 1 else ""
        exception = f", {self._linked_only:,} of them by their links only" if self._linked_only else ""
        return LogFinding(
            state="whole",
            number=self._number,
            hash=self._hash,
            sentence=f"holds {first}to line {self._number:,}: each was computed again{exception}",
            first=self._first,
            linked_only=self._linked_only,
        )
