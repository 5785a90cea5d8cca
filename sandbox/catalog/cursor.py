"""Walks a document part by part and says what is wrong where.

A cursor stands on one value of a YAML file. It hands out values of the kind that was asked
for and refuses the others; keys that begin with `x-` are extensions and never looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.catalog.documents import Pointer, Yaml, kind_of
from sandbox.catalog.validate import nearest
from sandbox.errors import ContentError
from sandbox.model.scenario import Place


class Problems:
    """Errors collected while reading goes on, so that one check shows them all."""

    def __init__(self) -> None:
        self.errors: list[ContentError] = []

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Keep a ContentError of this part and go on after it."""
        try:
            yield
        except ContentError as error:
            self.errors.append(error)

    def raise_first(self) -> None:
        """Raise the first error when there is one."""
        if self.errors:
            raise self.errors[0]


@dataclass(frozen=True, slots=True)
class Cursor:
    """One value of a document."""

    yaml: Yaml
    pointer: Pointer = ()

    @property
    def value(self) -> Any:
        """The value as read."""
        found: Any = self.yaml.data
        for part in self.pointer:
            found = found[part]
        return found

    @property
    def place(self) -> Place:
        """File and line."""
        return self.yaml.place(self.pointer)

    @property
    def name(self) -> str:
        """How messages name this value."""
        # An index alone says nothing: what it counts in stands before it.
        first = next(
            (at for at in range(len(self.pointer) - 2, -1, -1) if isinstance(self.pointer[at], str)), 0
        )
        words = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.pointer[first:]]
        return "".join(words).lstrip(".") or "the document"

    def error(self, message: str, *, hint: str = "") -> ContentError:
        """Make an error at this line."""
        return self.yaml.error(message, self.pointer, hint=hint)

    def has(self, key: str) -> bool:
        """Whether the mapping has the key."""
        return key in self.mapping()

    def at(self, key: str | int) -> Cursor:
        """Step to a part that is known to be there."""
        return Cursor(self.yaml, (*self.pointer, key))

    def need(self, key: str) -> Cursor:
        """Step to a part that must be there."""
        if not self.has(key):
            raise self.error(f"{self.name}: the key {key!r} is missing")
        return self.at(key)

    def expect_keys(self, known: Sequence[str], refused: Mapping[str, str]) -> None:
        """Refuse unknown keys; `refused` says why for those the standard has and we don't run."""
        for key in self.mapping():
            if key in known or key.startswith("x-"):
                continue
            if key in refused:
                raise self.at(key).error(f"{key!r} is not run here", hint=refused[key])
            raise self.at(key).error(f"unknown key {key!r}", hint=nearest(key, known))

    def mapping(self) -> Mapping[str, Any]:
        """Give a mapping."""
        found = self.value
        if not isinstance(found, dict):
            raise self.unwanted("a mapping")
        return found

    def text(self, pattern: re.Pattern[str] | None = None) -> str:
        """Give text that is not empty and fits the pattern whole."""
        found = self.value
        if not isinstance(found, str) or not found.strip():
            raise self.unwanted("text")
        if pattern is not None and not pattern.fullmatch(found):
            raise self.error(f"{self.name} is {found!r}, wanted: {pattern.pattern}")
        return found.strip()

    def optional_text(self, key: str) -> str:
        """Give the text under a key, empty when there is none."""
        return self.at(key).text() if self.has(key) else ""

    def any_text(self) -> str:
        """Give text as it stands, also empty text."""
        found = self.value
        if not isinstance(found, str):
            raise self.unwanted("text")
        return found

    def number(self) -> float:
        """Give a number that is not negative."""
        found = self.value
        if isinstance(found, bool) or not isinstance(found, int | float) or found < 0:
            raise self.unwanted("a number from 0 on")
        return found

    def flag(self) -> bool:
        """Give true or false."""
        found = self.value
        if not isinstance(found, bool):
            raise self.unwanted("true or false")
        return found

    def items(self) -> Iterator[Cursor]:
        """Go through a list."""
        found = self.value
        if not isinstance(found, list):
            raise self.unwanted("a list")
        for position in range(len(found)):
            yield self.at(position)

    def entries(self) -> Iterator[tuple[str, Cursor]]:
        """Go through a mapping, extensions left out."""
        for key in self.mapping():
            if not key.startswith("x-"):
                yield key, self.at(key)

    def each(self, key: str) -> Iterator[Cursor]:
        """Go through the list under a key; nothing when there is none."""
        if self.has(key):
            yield from self.at(key).items()

    def distinct(self, key: str, *, least: int = 0) -> Iterator[Cursor]:
        """Go through the list under a key whose entries differ; `least` is how many a list must have."""
        if not self.has(key):
            return
        group = self.at(key)
        seen: dict[str, int] = {}
        for entry in group.items():
            # JSON knows one kind of number and keys in no order; so does this comparison.
            written = json.dumps(entry.value, sort_keys=True, default=str)
            if written in seen:
                first = group.at(seen[written]).place.line
                raise entry.error(f"{key}: an entry stands twice", hint=f"it is on line {first} already")
            seen[written] = int(entry.pointer[-1])
            yield entry
        if len(seen) < least:
            raise group.error(f"{key}: the list is empty", hint=f"leave {key!r} out")

    def unwanted(self, wanted: str) -> ContentError:
        """Make an error that says what stands here and what was wanted."""
        return self.error(f"{self.name} is {kind_of(self.value)}, wanted: {wanted}")
