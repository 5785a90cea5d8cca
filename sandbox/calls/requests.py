"""An operation's document plus values make a request: addresses, headers and bodies spelt as OpenAPI says.

Pure. Refuses values that would leave the operation's path (`..`), break a header line or
speak in the sandbox's own name: a document may fill in an operation and nothing more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.calls.context import as_text, describe
from sandbox.calls.messages import Request
from sandbox.model.operation import Location, OperationDoc
from sandbox.model.wiring import INSTANCE

OWN_HEADERS = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "content-type",
        "transfer-encoding",
        "upgrade",
        "te",
        "trailer",
        "accept-encoding",
        "information-mediator-secret",
        "x-sandbox-secret",
        "x-exchange-id",
    }
)
"""Headers that only the runner or the mediator sets; content type comes from the step's body."""

MEDIATOR = "information-mediator"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TEMPLATE = re.compile(r"\{([^{}/]+)\}")


class CannotSend(Exception):
    """These values make no request. The runner makes a failed step of it."""


class TookTooLong(CannotSend):
    """No answer came within the time that the step allows."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One value for one parameter of the operation."""

    name: str
    location: Location
    value: Any


def is_json(content_type: str) -> bool:
    """Whether a media type is JSON or a dialect of it."""
    media = content_type.partition(";")[0].strip().lower()
    return media in ("application/json", "text/json") or media.endswith("+json")


def can_write(content_type: str) -> bool:
    """Whether a body of this media type can be written here."""
    media = content_type.partition(";")[0].strip().lower()
    return is_json(media) or media == "application/x-www-form-urlencoded" or media.startswith("text/")


def placeholders(path: str) -> frozenset[str]:
    """Names of the parameters that stand in a path's template."""
    return frozenset(_TEMPLATE.findall(path))


def build_request(
    operation: OperationDoc,
    block: str,
    arguments: Sequence[Argument],
    *,
    content_type: str = "application/json",
    payload: Any = None,
    has_body: bool = False,
) -> Request:
    """Build the request for one call of `operation` at `block`, or raise CannotSend."""
    try:
        return _build(operation, block, arguments, content_type, payload, has_body)
    except UnicodeEncodeError as error:
        raise CannotSend("a value holds half a character (a lone surrogate)") from error


def _build(
    operation: OperationDoc,
    block: str,
    arguments: Sequence[Argument],
    content_type: str,
    payload: Any,
    has_body: bool,
) -> Request:
    path = {one.name: _path_segment(one) for one in arguments if one.location == "path"}
    missing = placeholders(operation.path) - path.keys()
    if missing:
        raise CannotSend(f"no value for {', '.join(sorted(missing))} in the path {operation.path}")
    query = {one.name: one.value for one in arguments if one.location == "query" and one.value is not None}
    headers = dict(_headers(arguments))
    content = None
    if has_body:
        content = _content(payload, content_type)
        headers["content-type"] = content_type
    filled = _TEMPLATE.sub(lambda found: path[found[1]], operation.path)
    address = _address(block, filled)
    return Request(
        block=block,
        operation_id=operation.operation_id,
        method=operation.method.upper(),
        target=f"{address}{filled}{_query_text(query, operation)}",
        address=address,
        headers=headers,
        path={one.name: as_text(one.value) for one in arguments if one.location == "path"},
        query=query,
        body=payload if has_body else None,
        content=content,
    )


def _address(block: str, path: str) -> str:
    """Give what stands before the path; paths of the mediator itself name an address already."""
    return "" if block == MEDIATOR and path.startswith("/r1/") else f"/r1/{INSTANCE}/GOV/CENTRAL/{block}"


def _path_segment(argument: Argument) -> str:
    value = argument.value
    text = ",".join(map(as_text, value)) if isinstance(value, list | tuple) else as_text(value)
    # A segment of dots would be resolved away and could leave the operation, even the block.
    if value is None or text in ("", ".", ".."):
        raise CannotSend(f"the path's {argument.name!r} can't be {describe(value)}")
    return quote(text, safe=",")


def _query_text(query: Mapping[str, Any], operation: OperationDoc) -> str:
    styles = {doc.name: doc for doc in operation.parameters if doc.location == "query"}
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        doc = styles.get(name)
        joined = doc is not None and doc.explode is False
        if isinstance(value, Mapping):
            deep = doc is not None and doc.style == "deepObject"
            pairs += [(f"{name}[{key}]" if deep else str(key), as_text(item)) for key, item in value.items()]
        elif isinstance(value, list | tuple) and joined:
            pairs.append((name, ",".join(map(as_text, value))))
        elif isinstance(value, list | tuple):
            pairs += [(name, as_text(item)) for item in value]
        else:
            pairs.append((name, as_text(value)))
    return f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""


def _headers(arguments: Sequence[Argument]) -> Iterable[tuple[str, str]]:
    for one in arguments:
        if one.location != "header" or one.value is None:
            continue
        name = one.name.lower()
        text = (
            ",".join(map(as_text, one.value)) if isinstance(one.value, list | tuple) else as_text(one.value)
        )
        if name in OWN_HEADERS or not _HEADER_NAME.fullmatch(one.name):
            raise CannotSend(f"the header {one.name!r} can't be set by a step")
        if not _HEADER_VALUE.fullmatch(text):
            raise CannotSend(f"the header {one.name!r} can't carry line breaks or characters beyond Latin-1")
        yield name, text.strip()
    cookies = [one for one in arguments if one.location == "cookie" and one.value is not None]
    if cookies:
        yield (
            "cookie",
            "; ".join(f"{quote(one.name, safe='')}={quote(as_text(one.value), safe='')}" for one in cookies),
        )


def _content(payload: Any, content_type: str) -> bytes:
    if is_json(content_type):
        try:
            return json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise CannotSend(f"the body can't be written as JSON: {error}") from error
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        if not isinstance(payload, Mapping):
            raise CannotSend(f"a form needs an object, not {describe(payload)}")
        pairs = [
            (str(name), as_text(item))
            for name, value in payload.items()
            for item in (value if isinstance(value, list | tuple) else [value])
            if item is not None
        ]
        return urlencode(pairs).encode()
    if can_write(content_type):
        return as_text(payload).encode()
    raise CannotSend(f"a body of type {content_type!r} can't be written here")
