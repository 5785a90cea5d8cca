"""`/public/{slug}/{path}`: the pages that a browser or a relying party may open without being a client.

Only what a block's descriptor lists. Cookies and redirects pass untouched, because the login
page needs them; bodies and query strings are not kept, because codes and passwords are in them.
"""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from blocks.information_mediator.core import Answering, Core, carry
from blocks.information_mediator.exchange import Exchange, Refusal
from blocks.information_mediator.incoming import Incoming, decoded_path
from blocks.information_mediator.wiring import Service


class PublicPages:
    """The ASGI application of `/public`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one page."""
        await carry(self._core, "public", self._serve, scope, receive, send)

    async def _serve(self, incoming: Incoming, exchange: Exchange, answering: Answering) -> None:
        core = self._core
        parts = incoming.raw_path.split("/", 3)  # "", public, slug, rest
        service = core.directory.service_of(parts[2])
        raw_path = "/" + (parts[3] if len(parts) > 3 else "")
        path = decoded_path(raw_path)
        if service is None or not is_public(service, path):
            raise Refusal(404, "no-such-service", "no block shows a public page here")
        _note_operation(core, exchange, service, path)
        peer = core.settings.peers.get(service.block)
        if peer is None:
            raise Refusal(502, "service-unreachable", f"nothing answers for {service.block} in this sandbox")
        await incoming.read_ahead()
        cause = incoming.headers.get("x-cause-exchange-id", "")
        identifier = [(b"x-exchange-id", exchange.id.encode())]
        async with (
            core.hold.passing(exchange.id, cause, awaited=True),
            core.upstream.send(
                peer,
                incoming.method,
                incoming.target(raw_path),
                incoming.raw_headers,
                identifier,
                incoming.body,
            ) as (status, headers, body),
        ):
            await answering.answer(status, headers, body)


def is_public(service: Service, path: str) -> bool:
    """Whether a path lies under one of the prefixes that the block's descriptor lists."""
    return any(
        path == prefix or path.startswith(prefix if prefix.endswith("/") else prefix + "/")
        for prefix in service.public
    )


def _note_operation(core: Core, exchange: Exchange, service: Service, path: str) -> None:
    exchange.service = service.application
    exchange.block = service.block
    exchange.path = path[:2000]
    if found := core.directory.find(service, exchange.method, path):
        exchange.operation_id = found.operation.operation_id
        exchange.summary = found.operation.summary
