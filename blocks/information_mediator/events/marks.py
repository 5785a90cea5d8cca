"""What an event type's schema marks as personal, secret, or naming the person an event is about.

The same marks as in a contract (`x-personal`, `x-secret`, `x-subject`), so that an event is inventoried
and cleaned like any other body before it is kept in the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blocks.information_mediator.redaction import Pointers

MARKS = ("x-personal", "x-secret", "x-subject")


def pointers_of(schema: Mapping[str, Any], root: str) -> tuple[Pointers, str]:
    """Give the pointers of events of this schema below `root` (`request/event`), and the subject's or ''."""
    found: dict[str, list[str]] = {mark: [] for mark in MARKS}
    for mark, pointer in _walk(schema, root):
        found[mark].append(pointer)
    subjects = found["x-subject"]
    return Pointers.of(found["x-personal"], found["x-secret"]), subjects[0] if subjects else ""


def _walk(schema: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if not isinstance(schema, dict):
        return
    for mark in MARKS:
        if schema.get(mark) is True:
            yield mark, pointer
    properties = schema.get("properties")
    for name, part in (properties if isinstance(properties, dict) else {}).items():
        yield from _walk(part, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    yield from _walk(schema.get("items"), f"{pointer}/*")
    for keyword in ("allOf", "anyOf", "oneOf"):
        parts = schema.get(keyword)
        for part in parts if isinstance(parts, list) else ():
            yield from _walk(part, pointer)
