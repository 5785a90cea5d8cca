"""What each operation of a room does, once it is known that its caller may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blockkit.shapes import ShapeUnfit, check_shape, find_faults
from blocks.information_mediator.core import Core
from blocks.information_mediator.events import deliveries, wire
from blocks.information_mediator.events.marks import pointers_of
from blocks.information_mediator.events.store import Row
from blocks.information_mediator.exchange import Exchange, Refusal
from blocks.information_mediator.incoming import Incoming, printable
from blocks.information_mediator.redaction import Captured, Pointers, parse_json, split_pointer, values_at

NO_POINTERS = Pointers((), ())
MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: where, by whom, and about which event type; `event_type` is empty where none is named."""

    core: Core
    incoming: Incoming
    exchange: Exchange
    room: str
    client: str
    event_type: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer; None is no body."""

    status: int
    document: Any = None


async def create_type(asked: Asked) -> Given:
    """Create an event type; the same one again is the same answer."""
    wanted = wire.read_as(wire.NewEventType, await _document(asked))
    if asked.core.settings.token is not None and not asked.core.directory.topic(
        asked.client, asked.room, wanted.eventType, "manage"
    ):
        raise Refusal(403, "not-allowed", f"no topic lets {asked.client} manage {wanted.eventType}")
    try:
        check_shape(wanted.shape)
    except ShapeUnfit as error:
        raise Refusal(400, "schema-unfit", f"this schema can't describe events: {error}") from None
    if not await asked.core.events.add_type(asked.room, wanted.eventType, wanted.shape):
        raise Refusal(409, "type-taken", f"{wanted.eventType} is there with another schema")
    return Given(200, {"eventType": wanted.eventType, "schema": wanted.shape})


async def list_types(asked: Asked) -> Given:
    """List event types."""
    types = await asked.core.events.types(asked.room)
    return Given(200, types) if types else Given(204)


async def read_type(asked: Asked) -> Given:
    """Read an event type."""
    schema = await asked.core.events.schema(asked.room, asked.event_type)
    return Given(204) if schema is None else Given(200, {"eventType": asked.event_type, "schema": schema})


async def delete_type(asked: Asked) -> Given:
    """End an event type."""
    return _done(await asked.core.events.delete_type(asked.room, asked.event_type))


async def publish(asked: Asked) -> Given:
    """Accept an event."""
    document = await _document(asked)
    schema = await asked.core.events.schema(asked.room, asked.event_type)
    if schema is None:
        raise _missing("event type")
    _note(asked, "request", asked.incoming.captured(), document, schema)
    wanted = wire.read_as(wire.NewEvent, document)
    _require_same_type(asked, wanted.eventType)
    if faults := find_faults(schema, wanted.event):
        raise Refusal(400, "schema-violation", f"the event does not fit its type's schema: {faults}")
    key = printable(asked.incoming.headers.get("idempotency-key", ""))
    accepted = await asked.core.events.publish(asked.room, asked.event_type, asked.client, wanted.event, key)
    asked.exchange.correlation = accepted
    return Given(201, {"id": accepted})


async def read_event(asked: Asked) -> Given:
    """Tell what became of an event, to its publisher."""
    event = await asked.core.events.event(asked.room, asked.event_type, asked.client, asked.values["eventId"])
    if event is None:
        raise _missing("event")
    told = [
        {
            "subscriberId": wire.address(each["subscriber"]),
            "state": each["state"],
            "attempts": each["attempts"],
            "reason": each["reason"],
        }
        for each in event["deliveries"]
    ]
    return Given(200, {**wire.event_item(event), "deliveries": told})


async def stop_event(asked: Asked) -> Given:
    """Stop what is open of an event."""
    return _done(
        await asked.core.events.stop_event(
            asked.room, asked.event_type, asked.client, asked.values["eventId"]
        )
    )


async def list_subscriptions(asked: Asked) -> Given:
    """List the caller's subscriptions in this room."""
    found = await asked.core.events.subscriptions(asked.room, asked.client)
    return Given(200, [wire.subscription_item(each) for each in found])


async def subscribe(asked: Asked) -> Given:
    """Subscribe the caller; the same subscription again is the same answer."""
    wanted = wire.read_as(wire.NewSubscription, await _document(asked))
    _require_same_type(asked, wanted.eventType)
    if wanted.subscriberId is not None and wanted.subscriberId != wire.address(asked.client):
        raise Refusal(400, "invalid-request", "subscriberId names somebody else than the caller")
    if await asked.core.events.schema(asked.room, asked.event_type) is None:
        raise Refusal(400, "invalid-request", f"this room has no event type {asked.event_type}")
    made, fits = await asked.core.events.subscribe(asked.room, asked.event_type, asked.client, wanted)
    if not fits:
        raise Refusal(
            409, "subscription-taken", "there is a subscription with other settings; PATCH changes it"
        )
    return Given(200, wire.subscription_item(made))


async def read_subscription(asked: Asked) -> Given:
    """Read the caller's subscription."""
    return Given(200, wire.subscription_item(await _subscription(asked)))


async def change_subscription(asked: Asked) -> Given:
    """Change the caller's subscription."""
    wanted = wire.read_as(wire.ChangedSubscription, await _document(asked))
    if wanted.eventType is not None:
        _require_same_type(asked, wanted.eventType)
    changed = await asked.core.events.change_subscription(asked.room, asked.event_type, asked.client, wanted)
    if changed is None:
        raise _missing("subscription")
    return Given(201, wire.subscription_item(changed))


async def unsubscribe(asked: Asked) -> Given:
    """End the caller's subscription."""
    return _done(await asked.core.events.unsubscribe(asked.room, asked.event_type, asked.client))


async def pull(asked: Asked) -> Given:
    """Give the next event; the same one until it is acknowledged."""
    event = await deliveries.next_pulled(asked.core.events, await _pulled(asked))
    if event is None:
        raise _missing("event")
    item = wire.event_item(event)
    asked.exchange.correlation = item["id"]
    schema = await asked.core.events.schema(asked.room, asked.event_type)
    _note(asked, "response", Captured("application/json", event["body"].encode(), True), item, schema or {})
    return Given(200, item)


async def confirm(asked: Asked) -> Given:
    """Acknowledge an event."""
    subscription = await _pulled(asked)
    return _done(await deliveries.acknowledge(asked.core.events, subscription, asked.values["eventId"]))


async def list_dead(asked: Asked) -> Given:
    """List what the caller did not get, and why."""
    found = await deliveries.dead_letters(asked.core.events, await _subscription(asked), MOST_LISTED)
    return Given(
        200,
        [{**wire.event_item(each), "attempts": each["attempts"], "reason": each["reason"]} for each in found],
    )


async def redeliver(asked: Asked) -> Given:
    """Have a dead letter delivered again."""
    subscription = await _subscription(asked)
    return _done(await deliveries.redeliver(asked.core.events, subscription, asked.values["eventId"]))


async def _document(asked: Asked) -> Any:
    await asked.incoming.read_ahead()
    if not asked.incoming.body.complete:
        raise Refusal(413, "too-large", "what is said to a room has 64 KiB at the most")
    try:
        return parse_json(asked.incoming.body.beginning)
    except ValueError:
        raise Refusal(400, "invalid-request", "the body is not JSON") from None


async def _subscription(asked: Asked) -> Row:
    found = await asked.core.events.subscription(asked.room, asked.event_type, asked.client)
    if found is None:
        raise _missing("subscription")
    return found


async def _pulled(asked: Asked) -> Row:
    found = await asked.core.events.subscription(asked.room, asked.event_type, asked.client)
    if found is None or found["delivery"] != "PULL":
        raise Refusal(409, "not-pulled", f"the caller has no subscription to pull {asked.event_type} by")
    return found


def _note(asked: Asked, side: str, captured: Captured, document: Any, schema: Mapping[str, Any]) -> None:
    """Keep in the log what may be kept of an event, and whom it is about."""
    pointers, subject = pointers_of(schema, f"{side}/event")
    kept, fields = captured.keep(side, document, pointers)
    setattr(asked.exchange, side, kept)
    asked.exchange.fields = (*asked.exchange.fields, *fields)
    named = values_at(document, split_pointer(subject)[1:]) if subject else ()
    people = sorted({each for each in named if isinstance(each, str) and each})
    asked.exchange.individual = printable(people[0]) if len(people) == 1 else ""


def _require_same_type(asked: Asked, stated: str) -> None:
    if stated != asked.event_type:
        raise Refusal(
            400, "invalid-request", f"eventType is {stated!r}, and the path says {asked.event_type!r}"
        )


def _done(found: bool) -> Given:
    if not found:
        raise _missing("event, type or subscription")
    return Given(204)


def _missing(what: str) -> Refusal:
    return Refusal(404, "not-found", f"there is no such {what} here")
