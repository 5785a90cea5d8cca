"""The second port: `/s/NAME/public/BLOCK/...` for pages, `/s/NAME/r1/...` for APIs.

A request is looked at, its sandbox found, and both bodies flow through; nothing is held whole.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from sandbox.bootstrap import find_tools
from sandbox.calls.passing import Passage, Passed
from sandbox.controlplane.access import NotAllowed
from sandbox.controlplane.guard import wrong_host
from sandbox.controlplane.plane import Plane
from sandbox.controlplane.proxy.cookies import PAGES
from sandbox.controlplane.proxy.crossing import (
    FIXED,
    headers_inward,
    headers_outward,
    is_page,
    with_addresses,
)
from sandbox.controlplane.proxy.place import Place, find_place
from sandbox.controlplane.proxy.tickets import may_enter, use_ticket
from sandbox.errors import NotFound, SandboxError, StateConflict
from sandbox.lifecycle.service import adopt
from sandbox.store.schema import SandboxRow

log = logging.getLogger("sandbox.controlplane")
_DOOR = re.compile(r"/s/([a-z][a-z0-9-]{0,21})/")
_SECRET = b"information-mediator-secret"


def ticket_link(proxied: str, name: str, ticket: str, to: str) -> str:
    """Give the address that a ticket opens."""
    return f"{proxied}/s/{name}/?{urlencode({'ticket': ticket, 'to': to})}"


class Proxy:
    """The ASGI application of the second port; `passage` replaces the network in tests."""

    def __init__(self, plane: Plane, passage: Passage | None = None) -> None:
        """Serve the sandboxes of a control plane."""
        self._plane = plane
        self._passage = passage or Passage()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(Request(scope, receive), scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _live(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await self._passage.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            refusal = await self._serve(request, send_noting)
        except SandboxError as error:
            if begun:  # left unfinished, so that what came of it does not look whole
                log.warning("%s %s: %s", request.method, request.url.path, error)
                return
            told = f"{error}\n{error.hint}\n" if error.hint else f"{error}\n"
            refusal = PlainTextResponse(told, status_code=error.status)
        except ClientDisconnect:
            return
        if refusal is not None:
            refusal.raw_headers += [*FIXED, (b"cache-control", b"no-store")]
            await refusal(scope, receive, send)

    async def _serve(self, request: Request, send: Send) -> Response | None:
        """Pass a request on, or give what is answered instead. Raises SandboxError."""
        host = request.headers.get("host", "")
        if refused := wrong_host(host, self._plane.rules.hosts):
            return refused
        if "service-worker" in request.headers:
            raise NotAllowed("no service worker may be registered here")
        proxied = f"{request.url.scheme}://{host}"
        raw_path = (request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
        door = _DOOR.fullmatch(raw_path)
        if door and "ticket" in request.query_params and request.method == "GET":
            return await run_in_threadpool(self._let_in, request, door[1])
        place = find_place(raw_path)
        if place is None:
            raise NotFound("there is nothing here", hint="open a block's page from the console")
        row = await run_in_threadpool(may_enter, self._plane, request, place, proxied)
        if row.state != "running" or not row.url:
            raise StateConflict(f"sandbox {row.name!r} is {row.state}", hint="this needs one that is running")
        await self._pass_on(request, send, place, row, proxied)
        return None

    def _let_in(self, request: Request, name: str) -> Response:
        secret = use_ticket(self._plane, request.query_params["ticket"], name)
        wanted = f"/s/{name}/{request.query_params.get('to', '').lstrip('/')}"
        if find_place(wanted) is None:
            raise NotFound("there is no page here")
        answer = RedirectResponse(wanted, status_code=303)
        answer.set_cookie(
            PAGES,
            secret,
            path=f"/s/{name}/",
            max_age=int(self._plane.rules.session.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    async def _pass_on(
        self, request: Request, send: Send, place: Place, row: SandboxRow, proxied: str
    ) -> None:
        inside = "{0.scheme}://{0.netloc}".format(urlsplit(row.url))
        headers = headers_inward(request.headers.raw, place, inside, proxied)
        if not place.block:
            headers.append((_SECRET, (await run_in_threadpool(self._token, row)).encode()))
        query = request.scope.get("query_string", b"")
        target = place.inner.encode("latin-1") + (b"?" + query if query else b"")
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        body = request.stream() if has_body else None
        async with self._passage.send(request.method, inside, target, headers, body) as passed:
            told = headers_outward(passed.headers, place, inside, proxied)
            await send({"type": "http.response.start", "status": passed.status, "headers": told})
            async for part in _body(passed, inside, proxied + place.root):
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    def _token(self, row: SandboxRow) -> str:
        return adopt(find_tools(self._plane.settings, row.name, None), row.name).secrets.token


def _body(passed: Passed, inside: str, outside: str) -> AsyncIterator[bytes]:
    if is_page(passed.headers):
        return with_addresses(passed.body, inside.encode(), outside.encode())
    return passed.body
