"""One request as the mediator sees it: headers, an unambiguous path, a body read ahead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

from blocks.information_mediator.exchange import Refusal
from blocks.information_mediator.redaction import Captured, parse_json
from blocks.information_mediator.streams import Ahead, TooLarge


class Incoming:
    """A request on its way in."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.headers = Headers(scope=scope)
        self.raw_headers: list[tuple[bytes, bytes]] = scope["headers"]
        self.raw_path: str = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").split("?")[0]
        self.query: str = scope["query_string"].decode("latin-1")
        self.body = Ahead(_chunks(receive))

    async def read_ahead(self) -> None:
        """Read the body's beginning. Raises Refusal 413."""
        try:
            await self.body.look()
        except TooLarge:
            raise Refusal(413, "too-large", "the body is larger than the mediator carries") from None

    async def document(self) -> Any:
        """Read the whole body as JSON. Raises Refusal 400 or 413."""
        await self.read_ahead()
        try:
            parts = [part async for part in self.body.whole()]
        except TooLarge:
            raise Refusal(413, "too-large", "the body is larger than the mediator carries") from None
        try:
            return parse_json(b"".join(parts))
        except ValueError:
            raise Refusal(400, "invalid-request", "the body is not JSON") from None

    def captured(self) -> Captured:
        """Give the body's beginning for the log and the rules."""
        return Captured(
            content_type=self.headers.get("content-type", ""),
            beginning=self.body.beginning,
            complete=self.body.complete,
            encoded=self.headers.get("content-encoding", "identity") != "identity",
        )

    def parameters(self) -> list[str]:
        """List the names of the query parameters."""
        return list(parse_qs(self.query, keep_blank_values=True))

    def parameter(self, name: str) -> list[str]:
        """Give every value of a query parameter."""
        return parse_qs(self.query, keep_blank_values=True).get(name, [])

    def target(self, raw_path: str) -> str:
        """Give a path with this request's query string."""
        return f"{raw_path}?{self.query}" if self.query else raw_path

    def bearer(self) -> tuple[str, ...]:
        """Give the access token, so that it can be kept out of the log wherever it is repeated."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return (token,) if scheme.lower() == "bearer" and token else ()

    def correlation(self, document: Any) -> str:
        """Give what ties this request to a message that somebody awaits: said in a header or in the body."""
        return printable(self.headers.get("x-correlationid", "") or _correlation_in(document))


def printable(text: str) -> str:
    """Give the part of a short text that every database can store."""
    return "".join(character for character in text[:200] if character.isprintable())


def decoded_path(raw: str) -> str:
    """Decode a path so that mediator and block can't read it differently.

    Rights hang on the path. An encoded slash or a dot segment would mean one operation here and
    another one behind, so both are refused, as is text that is no UTF-8.
    """
    try:
        path = unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise Refusal(400, "invalid-path", "the path is not UTF-8") from None
    lowered = raw.lower()
    if "%2f" in lowered or "%5c" in lowered or "\\" in path or {".", ".."} & set(path.split("/")):
        raise Refusal(400, "invalid-path", "encoded slashes and dot segments are not carried")
    if any(character < " " for character in path):
        raise Refusal(400, "invalid-path", "the path holds control characters")
    return path


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        try:
            message = await receive()
        except HTTPException as error:
            raise Refusal(error.status_code, "too-slow", error.detail, dict(error.headers or {})) from None
        if message["type"] == "http.disconnect":
            raise Refusal(400, "incomplete-request", "the caller went away while it was sending")
        if body := message.get("body", b""):
            yield body
        if not message.get("more_body", False):
            return


def _correlation_in(document: Any) -> str:
    if isinstance(document, dict):
        for name in ("BatchID", "RequestID", "correlationId"):
            if document.get(name):
                return str(document[name])
    return ""
