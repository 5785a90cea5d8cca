"""Bodies that are too large or come too slowly are refused, whatever the operation.

Pure ASGI, so that streaming stays streaming. What counts is the time spent waiting for the client, not the
time that an operation takes.
"""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blockkit.problems import problem_response

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes; as much as the information mediator carries."""
BODY_SECONDS = 30.0
CLOSE = {"Connection": "close"}


class Bounds:
    """Stands before everything that reads a body; without `sizes`, what it guards counts bytes itself."""

    def __init__(self, app: ASGIApp, *, sizes: bool = True) -> None:
        self._app = app
        self._sizes = sizes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "")
        if self._sizes and stated.isdecimal() and int(stated[:20]) > LARGEST_BODY:
            await problem_response(413, "too-large", _TOO_LARGE, CLOSE)(scope, receive, send)
            return
        await self._app(scope, _Body(receive, self._sizes).next, send)


class _Body:
    """One request's body on its way in."""

    def __init__(self, receive: Receive, sizes: bool) -> None:
        self._receive = receive
        self._sizes = sizes
        self._bytes = 0
        self._left = BODY_SECONDS
        self._ended = False

    async def next(self) -> Message:
        """Receive the next part. Raises HTTPException, which routes and FastAPI's parsing let through."""
        if self._ended:
            return await self._receive()  # waiting for the client to go away may take as long as it likes
        clock = asyncio.get_running_loop()
        began = clock.time()
        try:
            async with asyncio.timeout(self._left):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "the body did not come in time", headers=CLOSE) from None
        self._left -= clock.time() - began
        self._bytes += len(message.get("body", b""))
        if self._sizes and self._bytes > LARGEST_BODY:
            raise HTTPException(413, _TOO_LARGE, headers=CLOSE)
        self._ended = not message.get("more_body", False)
        return message


_TOO_LARGE = "the body is larger than this block takes"
