"""Publish and subscribe below a room's address. Each request is an exchange; default is deny.

A block that offers a path of the same shape keeps it: the room is for addresses where nothing else answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from blocks.information_mediator.callers import prove
from blocks.information_mediator.core import Answering, Core, carry
from blocks.information_mediator.directory import Act
from blocks.information_mediator.events import operations
from blocks.information_mediator.events.operations import Asked, Given
from blocks.information_mediator.events.wire import EVENT_NAME, ROOM
from blocks.information_mediator.exchange import Exchange, Refusal
from blocks.information_mediator.incoming import Incoming, decoded_path, printable
from blocks.information_mediator.settings import SLUG
from blocks.information_mediator.streams import Ahead

ADDRESS = "/r1/{instanceId}/{memberClass}/{memberCode}/{applicationCode}"
Serve = Callable[[Asked], Awaitable[Given]]


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation: what serves it, and which act of a topic line it needs; None for any."""

    name: str
    summary: str
    act: Act | None
    serve: Serve


PATHS: dict[str, dict[str, _Operation]] = {
    "/api/v1/eventType": {
        "POST": _Operation("createEventType", "create an event type", "manage", operations.create_type),
        "GET": _Operation("getEventTypeList", "list a room's event types", None, operations.list_types),
    },
    "/api/v1/eventType/{eventType}": {
        "GET": _Operation("getEventType", "read an event type", None, operations.read_type),
        "DELETE": _Operation("deleteEventType", "end an event type", "manage", operations.delete_type),
    },
    "/pub/v1/{eventType}": {
        "POST": _Operation("publishEvent", "publish an event", "publish", operations.publish),
    },
    "/pub/v1/{eventType}/{eventId}": {
        "GET": _Operation("getStatus", "ask what became of an event", "publish", operations.read_event),
        "DELETE": _Operation("deleteEvent", "stop an event", "publish", operations.stop_event),
    },
    "/api/v1/subs": {
        "GET": _Operation("listSub", "list own subscriptions", "subscribe", operations.list_subscriptions),
    },
    "/api/v1/subs/{eventType}": {
        "POST": _Operation("addSub", "subscribe", "subscribe", operations.subscribe),
        "GET": _Operation("getSub", "read a subscription", "subscribe", operations.read_subscription),
        "PATCH": _Operation("patchSub", "change a subscription", "subscribe", operations.change_subscription),
        "DELETE": _Operation("deleteSub", "unsubscribe", "subscribe", operations.unsubscribe),
    },
    "/api/v1/subs/{eventType}/dead": {
        "GET": _Operation("listDeadLetters", "list what did not arrive", "subscribe", operations.list_dead),
    },
    "/api/v1/subs/{eventType}/dead/{eventId}": {
        "POST": _Operation("redeliver", "have an event delivered again", "subscribe", operations.redeliver),
    },
    "/pull/v1/{eventType}": {
        "GET": _Operation("pullEvent", "take the next event", "subscribe", operations.pull),
    },
    "/pull/v1/{eventType}/{eventId}": {
        "DELETE": _Operation("confirmEvent", "acknowledge an event", "subscribe", operations.confirm),
    },
}
_PATTERNS = {
    re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))): methods
    for path, methods in PATHS.items()
}


def event_routes(core: Core, calls: ASGIApp) -> list[Route]:
    """Give the routes; `calls` serves what is a block's own."""
    rooms = Rooms(core, calls)
    listed = [Route(ADDRESS + path, rooms, methods=list(methods)) for path, methods in PATHS.items()]
    return [*listed, *(Route(ADDRESS + path, rooms) for path in PATHS)]  # the others answer wrong methods


class Rooms:
    """The ASGI application of all rooms."""

    def __init__(self, core: Core, calls: ASGIApp) -> None:
        self._core = core
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        segments = scope["path"].split("/", 6)
        service = self._core.directory.service("/".join(segments[2:6]))
        if service is not None and self._core.directory.methods(service, "/" + segments[6]):
            await self._calls(scope, receive, send)
        else:
            await carry(self._core, "call", self._serve, scope, receive, send)

    async def _serve(self, incoming: Incoming, exchange: Exchange, answering: Answering) -> None:
        core = self._core
        client = prove(core.directory, core.settings, incoming)
        segments = incoming.raw_path.split("/", 6)
        room, path = decoded_path("/".join(segments[2:6])), decoded_path("/" + segments[6])
        exchange.service, exchange.block, exchange.path = printable(room), SLUG, path[:2000]
        if not ROOM.fullmatch(room):
            raise Refusal(400, "invalid-path", "no room can have this address")
        operation, values = _find(incoming.method, path)
        exchange.operation_id, exchange.summary = operation.name, operation.summary
        event_type = values.get("eventType", "")
        line = core.directory.topic(client.application, room, event_type or None, operation.act)
        if line is None and core.settings.token is not None:
            what = event_type or "anything"
            raise Refusal(
                403, "not-allowed", f"no topic lets {client.application} {operation.name} {what} in {room}"
            )
        if line is not None:
            exchange.allow(line)
        cause = incoming.headers.get("x-cause-exchange-id", "")
        asked = Asked(core, incoming, exchange, room, printable(client.application), event_type, values)
        async with core.hold.passing(exchange.id, cause, awaited=True):
            given = await operation.serve(asked)
            await answering.answer(given.status, *_written(given.document))


def _find(method: str, path: str) -> tuple[_Operation, dict[str, str]]:
    for pattern, methods in _PATTERNS.items():
        if match := pattern.fullmatch(path):
            if method not in methods:
                allowed = ", ".join(sorted(methods))
                raise Refusal(405, "method-not-allowed", f"this path has {allowed}", {"Allow": allowed})
            values = match.groupdict()
            if not re.fullmatch(EVENT_NAME, values.get("eventType", "unnamed")):
                raise Refusal(400, "invalid-path", "no event type can have this name")
            return methods[method], values
    raise Refusal(404, "no-such-service", "a room has no such path")


def _written(document: Any) -> tuple[list[tuple[bytes, bytes]], Ahead]:
    if document is None:
        return [], Ahead.of(b"")
    return [(b"content-type", b"application/json")], Ahead.of(json.dumps(document).encode())
