"""Reads one YAML file so that every value remembers its line.

Only what JSON can say is understood: mappings with text keys, lists, text, numbers, true,
false and null. Tags, merge keys, dates and non-finite numbers have no meaning here. It
refuses duplicate keys, a file that is not a mapping, and whatever could be used to exhaust
the reader: size, depth, and aliases beyond a limit. It never raises anything but ContentError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from sandbox.errors import ContentError
from sandbox.model.scenario import Place

LARGEST_FILE = 2 * 1024 * 1024
DEEPEST = 60
MOST_VALUES = 200_000
"""Counted after aliases are followed, so that a few lines can't stand for billions of values."""

Pointer = tuple[str | int, ...]

INTEGER = re.compile(r"[-+]?[0-9]+")
DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Yaml:
    """A mapping read from a file, and the line of each of its parts."""

    path: str
    """As errors name it: relative to the content root where it lies inside."""
    data: Mapping[str, Any]
    lines: Mapping[Pointer, int]

    def place(self, pointer: Pointer = ()) -> Place:
        """Say where the value at `pointer` stands, or its nearest ancestor that stands anywhere."""
        while pointer and pointer not in self.lines:
            pointer = pointer[:-1]
        return Place(self.path, self.lines.get(pointer, 1))

    def error(self, message: str, pointer: Pointer = (), *, hint: str = "") -> ContentError:
        """Make an error that names the line of the value at `pointer`."""
        place = self.place(pointer)
        return ContentError(message, path=place.path, line=place.line, hint=hint)


def read_yaml(path: Path, root: Path) -> Yaml:
    """Read one file; `root` is what its path is shown relative to."""
    shown = shown_path(path, root)
    return parse_yaml(decode_yaml(read_bytes(path, shown), shown), shown)


def shown_path(path: Path, root: Path) -> str:
    """Say how errors name a file."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def parse_yaml(text: str, shown: str) -> Yaml:
    """Read YAML that is already in memory; `shown` names it in errors."""
    builder = _Builder(shown)
    try:
        data = builder.build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else None
        said = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise ContentError(
            f"not readable as YAML: {said or 'malformed'}",
            path=shown,
            line=line,
            hint="check the indentation, quotes and brackets of this line and the one above",
        ) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ContentError(
            f"not readable as YAML: the character U+{error.character:04X} is not allowed",
            path=shown,
            line=line,
        ) from None
    except YAMLError as error:
        raise ContentError(f"not readable as YAML: {_first_line(error)}", path=shown, line=1) from None
    if not isinstance(data, dict):
        raise ContentError(
            f"the file holds {kind_of(data)}, wanted a mapping",
            path=shown,
            line=1,
            hint="begin with 'key: value'",
        )
    return Yaml(shown, data, builder.lines)


def kind_of(value: Any) -> str:
    """Name a value's kind as a message says it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {value[:60]!r}"
        case list():
            return "a list"
        case _:
            return "a mapping"


def read_bytes(path: Path, shown: str) -> bytes:
    """Read a file that is not too large."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise ContentError("the file does not exist", path=shown) from None
    except OSError as error:
        raise ContentError(f"the file can't be read: {error.strerror}", path=shown) from None
    if len(content) > LARGEST_FILE:
        size = f"{LARGEST_FILE // 1024} KiB"
        raise ContentError(f"the file is larger than {size}", path=shown, hint="split it into several files")
    return content


def decode_yaml(content: bytes, shown: str) -> str:
    """Take the bytes for UTF-8, the only encoding understood."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ContentError("not UTF-8 text", path=shown, line=line, hint="save the file as UTF-8") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["malformed"])[0]


class _Builder:
    """Turns the parser's events into values; own code because constructors forget the lines."""

    def __init__(self, shown: str) -> None:
        self.lines: dict[Pointer, int] = {}
        self._shown = shown
        self._count = 0
        self._anchors: dict[str, tuple[Any, int]] = {}

    def build(self, events: Iterator[Event]) -> Any:
        data: Any = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(
                        event, "a second document begins", "keep one document per file, without '---'"
                    )
                data = self._value(next(events), events, ())
        return data

    def _value(self, event: Event, events: Iterator[Event], pointer: Pointer) -> Any:
        self.lines.setdefault(pointer, event.start_mark.line + 1)
        if len(pointer) > DEEPEST:
            self._refuse(event, f"nested more than {DEEPEST} levels deep")
        if isinstance(event, AliasEvent):
            return self._alias(event)
        before = self._count
        self._grow(event, 1)
        tag = getattr(event, "tag", None)
        if tag is not None and str(tag) not in ("!", "tag:yaml.org,2002:str"):
            self._refuse(event, f"the tag {str(tag)!r} has no meaning here", "write plain values")
        value: Any
        if isinstance(event, ScalarEvent):
            value = event.value if tag is not None else self._scalar(event)
        elif isinstance(event, SequenceStartEvent):
            value = self._list(events, pointer)
        elif isinstance(event, MappingStartEvent):
            value = self._mapping(events, pointer)
        else:
            self._refuse(event, "not readable as YAML")
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._count - before)
        return value

    def _list(self, events: Iterator[Event], pointer: Pointer) -> list[Any]:
        values: list[Any] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            values.append(self._value(event, events, (*pointer, len(values))))
        return values

    def _mapping(self, events: Iterator[Event], pointer: Pointer) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event)
            if key in values:
                first = self.lines[(*pointer, key)]
                self._refuse(event, f"the key {key!r} stands twice", f"it is on line {first} already")
            self.lines[(*pointer, key)] = event.start_mark.line + 1
            values[key] = self._value(next(events), events, (*pointer, key))
        return values

    def _key(self, event: Event) -> str:
        if not isinstance(event, ScalarEvent):
            self._refuse(event, "a key is not plain text", "put quotes around a value that holds { } or [ ]")
        if event.value == "<<" and not event.style:
            self._refuse(event, "merge keys (<<) are not understood", "write the values out")
        # Statuses (`200:`) are keys of OpenAPI that people write without quotes.
        return str(event.value)

    def _alias(self, event: AliasEvent) -> Any:
        if event.anchor not in self._anchors:
            self._refuse(event, f"the alias *{event.anchor} points to nothing that is complete before it")
        value, size = self._anchors[event.anchor]
        self._grow(event, size)
        return value

    def _scalar(self, event: ScalarEvent) -> Any:
        text = event.value
        if event.style:
            return text
        if text in WORDS:
            return WORDS[text]
        if len(text) <= 40:
            if INTEGER.fullmatch(text):
                return int(text)
            if DECIMAL.fullmatch(text):
                number = float(text)
                if number in (float("inf"), float("-inf")):
                    self._refuse(event, f"the number {text} is too large")
                return number
        return text

    def _grow(self, event: Event, size: int) -> None:
        self._count += size
        if self._count > MOST_VALUES:
            self._refuse(event, f"the file holds more than {MOST_VALUES} values", "use fewer aliases")

    def _refuse(self, event: Event, message: str, hint: str = "") -> NoReturn:
        raise ContentError(message, path=self._shown, line=event.start_mark.line + 1, hint=hint)
