"""Which personal fields a message held, by their real names, with their values.

The mediator's log names pointers of the contract, `request/form/*`; what stood behind the star is taken
from the bodies. Values stay in memory and are never written: what is kept of them is whether they
came again. A body that was not kept tells its pointers and no values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.model.run import Exchange
from sandbox.model.wiring import Wiring

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One personal field of one message; `given` with the request, else taken from the answer."""

    pointer: str
    field: str
    """In words: `birth date`."""
    given: bool
    values: tuple[str, ...]


@lru_cache(maxsize=4096)
def say_field(pointer: str) -> str:
    """Name a field by its pointer: `response/citizens/*/birthDate` is `birth date`."""
    parts = [part for part in pointer.split("/") if part and part != "*" and not part.isdigit()]
    name = "_".join(parts[-2:] if parts[-1:] == ["id"] and len(parts) > 2 else parts[-1:]) or pointer
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name)
    return (
        words
        if words.isupper()
        else " ".join(word if word.isupper() else word.lower() for word in words.split())
    )


def expand_fields(exchange: Exchange) -> tuple[str, ...]:
    """Give the pointers of a message with the names that stood behind their stars."""
    return tuple(dict.fromkeys(each.pointer for each in see(exchange)))


def see(exchange: Exchange, by_name: frozenset[str] = frozenset()) -> list[Sighting]:
    """List the personal fields of a message.

    Args:
        exchange: One line of the log.
        by_name: Names that are personal wherever they stand; for messages that no contract describes.
    """
    found: dict[str, list[str]] = {}
    for pointer in exchange.fields:
        for name, value in _values_behind(exchange, pointer):
            values = found.setdefault(name, [])
            if value is not None:
                values.append(value)
    if not exchange.fields and by_name and exchange.kind == "callback":
        for names, value in _leaves(exchange.request, ("request",)):
            if names[-1] in by_name:
                found.setdefault("/".join(names), []).append(value)
    return [
        Sighting(name, say_field(name), not name.startswith("response"), tuple(values))
        for name, values in found.items()
    ]


def personal_names(wiring: Wiring) -> frozenset[str]:
    """Collect the names that some contract calls personal."""
    pointers = (
        pointer
        for service in wiring.services
        for operation in service.operations
        for pointer in operation.personal
    )
    return frozenset(name for pointer in pointers if (name := pointer.rsplit("/", 1)[-1]) != "*")


def _values_behind(exchange: Exchange, pointer: str) -> Iterator[tuple[str, str | None]]:
    side, *rest = pointer.strip("/").split("/")
    if side == "query":
        asked = dict(parse_qsl(urlsplit(exchange.path).query))
        yield pointer, asked.get(rest[0] if rest else "")
    elif side == "path":
        yield pointer, exchange.individual or None
    elif side in ("request", "response"):
        body = exchange.request if side == "request" else exchange.response
        if body is None or (isinstance(body, dict) and body.keys() == {"omitted"}):
            yield pointer, None
            return
        for names, value in _reach(body, tuple(rest), (side,)):
            yield "/".join(names), value


def _reach(document: Any, path: Path, names: Path) -> Iterator[tuple[Path, str]]:
    if not path:
        yield from _leaves(document, names)
        return
    head, rest = path[0], path[1:]
    if isinstance(document, list):
        for item in document if head == "*" else ():
            yield from _reach(item, rest, (*names, "*"))
    elif isinstance(document, dict):
        for name in document if head == "*" else [head]:
            if name in document:
                yield from _reach(document[name], rest, (*names, name))


def _leaves(document: Any, names: Path) -> Iterator[tuple[Path, str]]:
    """Give everything that is said; null and an empty text say nothing."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _leaves(value, (*names, str(name)))
    elif isinstance(document, list):
        for item in document:
            yield from _leaves(item, (*names, "*"))
    elif document is not None and document != "":
        yield names, spell(document)


def spell(value: Any) -> str:
    """Write a value as it is compared: 1 and 1.0 and "1" are the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def everything_said(exchange: Exchange, *, given: bool) -> Iterable[tuple[str, str]]:
    """Give name (in words) and value of all that one side of a message said, personal or not."""
    if given:
        for name, value in parse_qsl(urlsplit(exchange.path).query):
            yield say_field(name).lower(), value
        for part in urlsplit(exchange.path).path.split("/"):
            if part:
                yield "", part
    body = exchange.request if given else exchange.response
    for names, value in _leaves(body, ("request" if given else "response",)):
        yield say_field("/".join(names)).lower(), value
