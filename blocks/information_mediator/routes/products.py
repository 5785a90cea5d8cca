"""`/_sandbox/products/{slug}/{path}`: straight through to a product that is measured alone.

For the sandbox's token, and for instances that were started to be measured (`Peer.measured`): in any other
sandbox there is no such door, because no right is asked here. Requests pass as they are, wrong ones too: the
product is to refuse them. Bodies are not kept; who measures writes them down.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from blockkit.settings import INSTANCE
from blocks.information_mediator.core import Answering, Core, carry
from blocks.information_mediator.exchange import Exchange, Refusal
from blocks.information_mediator.incoming import Incoming
from blocks.information_mediator.settings import Peer

PREFIX = "/_sandbox/products/"
REFUSED = "x-sandbox-refused"
"""Header of every answer that is the mediator's own, so that nobody takes it for the product's."""
CALLER = b"information-mediator-client"


class Products:
    """Stands before the routes: a path may hold what no route's pattern takes, such as a line break."""

    def __init__(self, app: ASGIApp, *, core: Core) -> None:
        self._app = app
        self._core = core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request to a product; any other goes on to the routes."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await carry(self._core, "control", self._serve, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve(self, incoming: Incoming, exchange: Exchange, answering: Answering) -> None:
        exchange.client = f"{INSTANCE}/sandbox"
        try:
            await self._pass_on(incoming, exchange, answering)
        except Refusal as refusal:
            marked = {**(refusal.headers or {}), REFUSED: refusal.kind}
            raise Refusal(refusal.status, refusal.kind, refusal.detail, marked) from None

    async def _pass_on(self, incoming: Incoming, exchange: Exchange, answering: Answering) -> None:
        _, _, _, slug, *rest = incoming.raw_path.split("/", 4)
        peer = self._peer(slug, incoming.headers.get("information-mediator-secret", ""))
        exchange.service, exchange.block = f"{INSTANCE}/{slug}", slug
        exchange.operation_id = exchange.summary = "measure"
        await incoming.read_ahead()
        # A contract may ask who calls; here that is part of the request, and nothing is proven by it.
        said = [(name, value) for name, value in incoming.raw_headers if name.lower() == CALLER]
        said.append((b"x-exchange-id", exchange.id.encode()))
        target = incoming.target("/" + (rest[0] if rest else ""))
        async with self._core.upstream.send(
            peer, incoming.method, target, incoming.raw_headers, said, incoming.body
        ) as (status, headers, body):
            own = [(name, value) for name, value in headers if name != REFUSED.encode()]
            await answering.answer(status, own, body)

    def _peer(self, slug: str, shown: str) -> Peer:
        if not self._core.settings.opens_controls(shown):
            raise Refusal(401, "unknown-client", "this needs the sandbox's token")
        peer = self._core.settings.peers.get(slug)
        if peer is None or not peer.measured:
            raise Refusal(404, "no-such-service", "no product of that name is measured in this sandbox")
        return peer
