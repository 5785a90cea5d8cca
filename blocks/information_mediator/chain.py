"""The chain that ties each line of the message log to the one before it. No I/O.

A line is canonical JSON that contains its own number and the hash of its predecessor; its
hash is the SHA-256 of that text. Editing, removing or swapping a line breaks the chain
there; a cut tail or a chain computed afresh shows against a head noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """The newest line's number and hash; number 0 for an empty log."""

    number: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is stored."""

    number: int
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that can't be trusted, and why."""

    number: int
    reason: str


def canonical(content: Mapping[str, Any]) -> str:
    """Write content so that the same content gives the same text, and any database can store and read it."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # PostgreSQL knows neither NUL nor half a surrogate pair; JSON from a caller may hold both.
    return text.replace("\\u0000", "\\ufffd").encode("utf-8", "replace").decode()


def seal(text: str) -> str:
    """Give a line's hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def find_break(lines: Iterable[Line], noted: Head | None = None) -> tuple[Head, Broken | None]:
    """Walk the log from its beginning; `noted` is a head that was kept elsewhere.

    Returns the last head that holds, and the first break, if any.
    """
    head = Head()
    for line in lines:
        if reason := _fault(line, head, noted):
            return head, Broken(line.number, reason)
        head = Head(line.number, line.hash)
    if noted is not None and head.number < noted.number:
        return head, Broken(head.number + 1, f"the log ends before line {noted.number}, which was noted")
    return head, None


def _fault(line: Line, head: Head, noted: Head | None) -> str:
    if line.number != head.number + 1:
        return f"line {head.number + 1} is missing"
    if seal(line.text) != line.hash:
        return "its text was changed after it was written"
    content = json.loads(line.text)
    if content.get("number") != line.number or content.get("previous") != head.hash:
        return "it does not follow the line before it"
    if noted is not None and line.number == noted.number and line.hash != noted.hash:
        return "its hash is not the one that was noted: the chain was computed afresh"
    return ""
