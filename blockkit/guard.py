"""A block in a sandbox answers the information mediator and nobody else.

Pure ASGI, so that streaming stays streaming. A block that runs alone (no secret) is open,
which is why it listens on the loopback only.
"""

from __future__ import annotations

import hmac
import logging
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blockkit.logs import current_exchange
from blockkit.problems import problem_response

OPEN = frozenset({"/healthz", "/readyz"})


class Guard:
    """Checks the mediator's secret, and writes one log line per request with its exchange id."""

    def __init__(self, app: ASGIApp, *, secret: str | None, log: logging.Logger) -> None:
        self._app = app
        self._secret = secret
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._secret is not None and not hmac.compare_digest(
            headers.get("x-sandbox-secret", "").encode(), self._secret.encode()
        ):
            refusal = problem_response(
                401, "not-the-mediator", "this block answers the information mediator only"
            )
            await refusal(scope, receive, send)
            return
        current_exchange.set(headers.get("x-exchange-id", ""))
        began = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, sending)
        spent = (time.perf_counter() - began) * 1000
        self._log.info("%s %s %d %.1f ms", scope["method"], scope["path"], status, spent)
