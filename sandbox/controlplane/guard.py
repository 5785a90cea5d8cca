"""What every answer carries and every request must have, whatever the route: our host's name, and headers."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONSOLE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": CONSOLE_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
LARGEST_BODY = 1_000_000


class Guard:
    """Refuses foreign names and large bodies; sets headers that a route did not set itself."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        """Guard an application that answers under these names."""
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answered.setdefault(name, value)
                if "cache-control" not in answered:
                    answered["cache-control"] = "no-store"
            await send(message)

        refusal = _refusal(headers, self._hosts)
        await (refusal or self._app)(scope, receive, send_guarded)


def wrong_host(host: str, hosts: frozenset[str]) -> PlainTextResponse | None:
    """Refuse a name that is not ours; None when it is."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name.lower() not in hosts:
        return PlainTextResponse(
            f"this server does not answer as {name!r}; start it with --host-name {name}\n", status_code=421
        )
    return None


def _refusal(headers: dict[str, str], hosts: frozenset[str]) -> PlainTextResponse | None:
    if refused := wrong_host(headers.get("host", ""), hosts):
        return refused
    if "transfer-encoding" in headers:
        return PlainTextResponse("say how long the body is (Content-Length)\n", status_code=411)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        return PlainTextResponse(f"a request holds at most {LARGEST_BODY:,} bytes\n", status_code=413)
    return None
