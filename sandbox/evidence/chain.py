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


def compute_hash(exchange: Exchange) -> str:
    """Compute the hash that belongs to a line."""
    return hashlib.sha256(_write_canonical(exchange).encode("utf-8", "replace")).hexdigest()


def _write_canonical(exchange: Exchange) -> str:
    content = {name: getattr(exchange, name) for name in type(exchange).model_fields if name != "hash"}
    content["at"] = exchange.at.isoformat()
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def check_log(exchanges: Sequence[Exchange]) -> LogFinding:
    """Walk the log in its own order and say whether it holds, and where it breaks."""
    if not exchanges:
        return LogFinding(state="empty", number=0, hash="", sentence="holds no line")
    lines = sorted(exchanges, key=lambda exchange: exchange.number)
    linked_only = 0
    previous = lines[0]
    for line in lines:
        follows = line is previous or (line.number == previous.number + 1 and line.previous == previous.hash)
        if not follows:
            return _break(line, previous, "does not follow the line before it")
        if line.hash != compute_hash(line):
            if _LOST not in _write_canonical(line):
                return _break(line, previous, "was changed after it was written")
            linked_only += 1
        previous = line
    first = f"from line {lines[0].number:,} " if lines[0].number > 1 else ""
    exception = f", {linked_only:,} of them by their links only" if linked_only else ""
    return LogFinding(
        state="whole",
        number=previous.number,
        hash=previous.hash,
        sentence=f"holds {first}to line {previous.number:,}: each was computed again{exception}",
    )


def _break(line: Exchange, previous: Exchange, reason: str) -> LogFinding:
    sentence = f"does not hold: line {line.number:,} {reason}"
    return LogFinding(state="broken", number=previous.number, hash=previous.hash, sentence=sentence)
