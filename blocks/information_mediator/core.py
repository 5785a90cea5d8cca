"""What the parts of the URL space share, and the one way an exchange is recorded and answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from psycopg_pool import AsyncConnectionPool
from starlette.types import Receive, Scope, Send

from blockkit.clock import Clock
from blockkit.problems import problem_response
from blocks.information_mediator.callers import claimed_name
from blocks.information_mediator.consent import Consent
from blocks.information_mediator.directory import Directory
from blocks.information_mediator.events.store import EventStore
from blocks.information_mediator.exchange import Exchange, Kind, Refusal
from blocks.information_mediator.faults import Faults
from blocks.information_mediator.hold import Hold
from blocks.information_mediator.incoming import Incoming
from blocks.information_mediator.keeping import Keeping
from blocks.information_mediator.log import LogUnavailable, MessageLog
from blocks.information_mediator.messages import Messages
from blocks.information_mediator.settings import MediatorSettings
from blocks.information_mediator.streams import Ahead
from blocks.information_mediator.upstream import Headers, Upstream


@dataclass
class Core:
    """The mediator's parts. `directory` is replaced when the wiring is read again."""

    settings: MediatorSettings
    clock: Clock
    upstream: Upstream
    pool: AsyncConnectionPool[Any]
    log: MessageLog
    messages: Messages
    events: EventStore
    consent: Consent
    faults: Faults
    keeping: Keeping
    hold: Hold
    new_id: Callable[[], str]
    directory: Directory

    def begin(self, kind: Kind, client: str, method: str, path: str) -> Exchange:
        """Begin an exchange now."""
        return Exchange(
            id=self.new_id(),
            at=self.clock.machine(),
            today=self.clock.today().isoformat(),
            kind=kind,
            client=client,
            method=method,
            path=path[:2000],
        )


@dataclass(slots=True)
class Answering:
    """Records an exchange, and only then lets its answer go."""

    core: Core
    exchange: Exchange
    incoming: Incoming
    send: Send
    began: float

    @classmethod
    def start(cls, core: Core, exchange: Exchange, incoming: Incoming, send: Send) -> Answering:
        """Start the stop-watch."""
        return cls(core, exchange, incoming, send, perf_counter())

    async def answer(self, status: int, headers: Headers, body: Ahead) -> None:
        """Store the line, then send."""
        await self._store(status)
        identifier = (b"x-exchange-id", self.exchange.id.encode())
        await self.send({"type": "http.response.start", "status": status, "headers": [*headers, identifier]})
        async for part in body.whole():
            await self.send({"type": "http.response.body", "body": part, "more_body": True})
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def break_off(self) -> None:
        """Store the line, then end the connection before the answer is whole: its client hears nothing."""
        await self._store(504)
        identifier = (b"x-exchange-id", self.exchange.id.encode())
        headers = [(b"content-length", b"1"), identifier]
        await self.send({"type": "http.response.start", "status": 504, "headers": headers})

    async def refuse(self, refusal: Refusal) -> None:
        """Store the line as refused, then answer with a problem."""
        if not self.exchange.fault:
            self.exchange.refused = refusal.kind
        try:
            await self._store(refusal.status)
        except LogUnavailable as unavailable:
            refusal = unavailable
        headers = {"X-Exchange-Id": self.exchange.id, **(refusal.headers or {})}
        problem = problem_response(refusal.status, refusal.kind, refusal.detail, headers)
        await self.send(
            {"type": "http.response.start", "status": problem.status_code, "headers": problem.raw_headers}
        )
        await self.send({"type": "http.response.body", "body": problem.body})

    async def _store(self, status: int) -> None:
        self.exchange.status = status
        self.exchange.milliseconds = (perf_counter() - self.began) * 1000
        await self.core.log.append(self.exchange, secrets=self.incoming.bearer())


Serve = Callable[[Incoming, Exchange, Answering], Awaitable[None]]


async def carry(core: Core, kind: Kind, serve: Serve, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request as an exchange of its own; a refusal is its answer. A browser is no client."""
    incoming = Incoming(scope, receive)
    client = "" if kind == "public" else claimed_name(incoming)
    exchange = core.begin(kind, client, incoming.method, incoming.raw_path)
    answering = Answering.start(core, exchange, incoming, send)
    try:
        await serve(incoming, exchange, answering)
    except Refusal as refusal:
        await answering.refuse(refusal)
