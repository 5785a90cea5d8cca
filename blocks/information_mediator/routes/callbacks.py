"""`POST /callbacks/{kind}`: a block tells an application outside something that it may be waiting for."""

from __future__ import annotations

import asyncio
import json
import re

from starlette.types import Receive, Scope, Send

from blocks.information_mediator.callers import prove
from blocks.information_mediator.core import Answering, Core, carry
from blocks.information_mediator.exchange import Exchange, Refusal
from blocks.information_mediator.incoming import Incoming
from blocks.information_mediator.redaction import Pointers
from blocks.information_mediator.streams import Ahead

KIND = re.compile(r"[a-z][a-z0-9-]{0,60}")
NOTHING = Pointers((), ())


class Callbacks:
    """The ASGI application of `/callbacks`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one message."""
        await carry(self._core, "callback", self._take, scope, receive, send)

    async def _take(self, incoming: Incoming, exchange: Exchange, answering: Answering) -> None:
        core = self._core
        client = prove(core.directory, core.settings, incoming)
        kind = incoming.raw_path.removeprefix("/callbacks/")
        if not KIND.fullmatch(kind):
            raise Refusal(404, "no-such-service", "a callback's kind is small letters, digits and hyphens")
        if incoming.method != "POST":
            raise Refusal(405, "method-not-allowed", "a callback is posted", {"Allow": "POST"})
        exchange.operation_id = kind
        exchange.summary = kind.replace("-", " ")
        exchange.service = core.directory.outside_client()
        message = await incoming.document()
        exchange.request, _ = incoming.captured().keep("request", message, NOTHING)
        exchange.correlation = incoming.correlation(message)
        fault = await core.faults.meet_on_callback((client.block or "",), kind)
        name = exchange.fault = fault.fault if fault else ""
        if fault is not None and name == "callback-delay":
            await asyncio.sleep(fault.seconds)
        elif name == "undelivered":
            raise Refusal(503, "not-delivered", "the message could not be handed over: a planted fault")
        elif name == "callback-drop":
            await answering.break_off()
            return
        identifier = await core.messages.deliver(kind, exchange.correlation, message)
        if name == "callback-duplicate":
            await core.messages.deliver(kind, exchange.correlation, message)
        elif name == "callback-unconfirmed":
            await answering.break_off()
            return
        accepted = Ahead.of(json.dumps({"id": identifier}).encode())
        await answering.answer(202, [(b"content-type", b"application/json")], accepted)
