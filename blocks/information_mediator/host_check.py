"""Answers only to the names it is meant to have, so that a web page can't reach it by rebinding a name.

Also where the compliance dialect's paths without `/r1` become those with it.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from blockkit.problems import problem_response

UNPREFIXED = "information_mediator.unprefixed"
"""Set in the scope of a request in the compliance dialect."""
OPEN = frozenset({"/healthz", "/readyz"})
OWN = frozenset(
    ("r1", "public", "callbacks", "_sandbox", "listClients", "docs", "redoc", "static-offline-docs")
)
SEGMENTS_OF_AN_ADDRESS = 4


class HostCheck:
    """Pure ASGI, so that streaming stays streaming."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "").lower()
        if host not in self._hosts and _without_port(host) not in self._hosts:
            refusal = problem_response(421, "wrong-host", "this mediator does not answer to that name")
            await refusal(scope, receive, send)
            return
        if _begins_with_an_address(scope["path"]):
            raw = scope.get("raw_path") or scope["path"].encode()
            scope = {**scope, "path": "/r1" + scope["path"], "raw_path": b"/r1" + raw, UNPREFIXED: True}
        await self._app(scope, receive, send)


def _begins_with_an_address(path: str) -> bool:
    first, *rest = path.removeprefix("/").split("/")
    return first not in OWN and len(rest) >= SEGMENTS_OF_AN_ADDRESS


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
