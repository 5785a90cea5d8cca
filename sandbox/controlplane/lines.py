"""A log line for every request, under an id that the answer carries too.

The line names the route as it was declared: a path may hold somebody's id, and a query a secret.
"""

from __future__ import annotations

import logging
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.controlplane.metrics import name_route
from sandbox.log import about

HEADER = "x-request-id"
log = logging.getLogger("sandbox.controlplane.requests")


def request_id(scope: Scope) -> str:
    """Give the id under which a request stands in the log."""
    return str(scope.get("request_id", ""))


class Lines:
    """Gives each request its id, and writes its line when its answer begins."""

    def __init__(self, app: ASGIApp) -> None:
        """Write lines about this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = secrets.token_hex(8)
        began = time.perf_counter()

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id(scope)
                milliseconds = round((time.perf_counter() - began) * 1000)
                with about(status=message["status"], milliseconds=milliseconds):
                    log.info("%s %s", scope["method"], name_route(scope))
            await send(message)

        with about(request=request_id(scope)):
            await self._app(scope, receive, send_named)
