"""What of a body is kept: JSON and forms without their secrets, and which personal fields they held.

Anything that can't be taken apart is not kept at all, because what can't be read can't be
cleaned. Secrets go by pointer (`x-secret` of the contract), by name, and by value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

REDACTED = "[redacted]"
DEEPEST = 100
SHORTEST_SECRET = 12
"""Characters; a shorter value is no secret of ours, and blanking it would hide the exchange itself."""
SECRET_NAMES = frozenset(
    (
        *("access_token", "refresh_token", "id_token", "token", "authorization", "assertion"),
        *("client_assertion", "client_secret", "secret", "password", "passwd", "otp", "pin"),
        *("api_key", "apikey", "private_key", "code_verifier"),
    )
)
SECRET_PARAMETERS = SECRET_NAMES | {"code", "state", "nonce"}
"""In forms and query strings `code` is an authorization code; in JSON it is mostly a reason."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pointers:
    """An operation's pointers, taken apart; the first part is `request`, `response`, `path` or `query`."""

    personal: tuple[Path, ...]
    secret: tuple[Path, ...]

    @classmethod
    def of(cls, personal: Iterable[str], secret: Iterable[str]) -> Pointers:
        """Take pointers apart."""
        return cls(tuple(map(split_pointer, personal)), tuple(map(split_pointer, secret)))


@dataclass(frozen=True, slots=True)
class Captured:
    """The beginning of one body as it crossed the mediator."""

    content_type: str
    beginning: bytes
    complete: bool
    encoded: bool = False
    """Compressed: never unpacked here."""

    def document(self) -> Any:
        """Give the body as data, None when it is empty or can't be taken apart."""
        if not self.complete or not self.beginning or self.encoded:
            return None
        try:
            if _is_form(self.content_type):
                return dict(parse_qsl(self.beginning.decode(), keep_blank_values=True))
            if _is_json(self.content_type):
                return parse_json(self.beginning)
        except ValueError:
            return None
        return None

    def keep(self, side: str, document: Any, pointers: Pointers) -> tuple[Any, list[str]]:
        """Give what is stored of this body, and the pointers of personal fields that it held.

        Args:
            side: `request` or `response`.
            document: From `document()`, which a caller has at hand already.
            pointers: The operation's.
        """
        if not self.beginning:
            return None, []
        declared = [path for path in pointers.personal if path[0] == side]
        if document is None or not self.complete:
            kind = self.content_type.partition(";")[0].strip() or "no type stated"
            size = f"{len(self.beginning)} bytes" if self.complete else f"over {len(self.beginning)} bytes"
            # What a body too large to read disclosed can't be told, so every declared field counts.
            return {"omitted": f"{kind}, {size}"}, ["/".join(path) for path in declared]
        fields = ["/".join(path) for path in declared if _holds(document, path[1:])]
        for path in pointers.secret:
            if path[0] == side:
                document = _without(document, path[1:])
        names = SECRET_PARAMETERS if _is_form(self.content_type) else SECRET_NAMES
        return _without_names(document, names), fields


def parse_json(text: bytes) -> Any:
    """Read JSON that can be walked and written again. Raises ValueError."""
    try:
        document = json.loads(text, parse_constant=str, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not _depth_is_sane(document):
        raise ValueError("nested too deep")
    return document


def values_at(document: Any, path: Path) -> Iterator[Any]:
    """Yield every value that a path reaches; `*` stands for each item of a list or mapping."""
    if not path:
        yield document
        return
    head, rest = path[0], path[1:]
    if head == "*":
        for item in document if isinstance(document, list) else _values(document):
            yield from values_at(item, rest)
    elif isinstance(document, dict) and head in document:
        yield from values_at(document[head], rest)
    elif isinstance(document, list) and head.isdigit() and int(head) < len(document):
        yield from values_at(document[int(head)], rest)


def clean_query(query: str, secret: Iterable[Path]) -> str:
    """Give a query string with secret parameters blanked, for the log."""
    if not query:
        return ""
    names = {path[1] for path in secret if path[0] == "query" and len(path) > 1} | SECRET_PARAMETERS
    pairs = [
        (name, REDACTED if name.lower() in names or name in names else value)
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    return urlencode(pairs, safe="[]", quote_via=quote)


def without_values(document: Any, secrets: Iterable[str]) -> Any:
    """Blank every occurrence of the given secrets in a document's texts.

    In the values and never in the written line: a caller chooses its own access token, and could
    otherwise choose one that rewrites the line around it.
    """
    if isinstance(document, str):
        for secret in secrets:
            document = document.replace(secret, REDACTED)
        return document
    if isinstance(document, list):
        return [without_values(item, secrets) for item in document]
    if isinstance(document, dict):
        return {
            without_values(name, secrets): without_values(value, secrets) for name, value in document.items()
        }
    return document


def split_pointer(pointer: str) -> Path:
    """Take a pointer apart."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.strip("/").split("/"))


def _is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def _is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"


def _depth_is_sane(document: Any) -> bool:
    """Whether the walks below can't run out of stack; no contract nests a hundred deep."""
    level = [document]
    for _ in range(DEEPEST):
        level = [
            item
            for each in level
            for item in (each if isinstance(each, list) else _values(each))
            if isinstance(item, (dict, list))
        ]
        if not level:
            return True
    return False


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _values(document: Any) -> Iterable[Any]:
    return document.values() if isinstance(document, dict) else ()


def _holds(document: Any, path: Path) -> bool:
    return any(value is not None for value in values_at(document, path))


def _without(document: Any, path: Path) -> Any:
    if not path:
        return REDACTED
    head, rest = path[0], path[1:]
    if isinstance(document, list):
        return [
            _without(item, rest) if head in ("*", str(position)) else item
            for position, item in enumerate(document)
        ]
    if isinstance(document, dict):
        return {
            name: _without(value, rest) if head in ("*", name) else value for name, value in document.items()
        }
    return document


def _without_names(document: Any, names: frozenset[str]) -> Any:
    if isinstance(document, list):
        return [_without_names(item, names) for item in document]
    if isinstance(document, dict):
        return {
            name: REDACTED
            if name.lower() in names and isinstance(value, str)
            else _without_names(value, names)
            for name, value in document.items()
        }
    return document
