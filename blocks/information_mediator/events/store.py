"""Event types, subscriptions, events and their deliveries, in PostgreSQL.

An event is accepted together with one open delivery per subscription, in one transaction: whoever heard
`201` can rely on it, whatever is killed afterwards. A delivery stays open until it is acknowledged, its
time is over, it was tried too often, or somebody stopped it.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from blocks.information_mediator.events.wire import ChangedSubscription, NewSubscription
from blocks.information_mediator.exchange import Refusal

Row = dict[str, Any]
Cursor = psycopg.AsyncCursor[Row]
TABLES = ("deliveries", "events", "subscriptions", "event_types")


class EventStore:
    """All of it. `news` is set whenever something may be due."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self.news = asyncio.Event()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Cursor]:
        """Lend a cursor inside one transaction. Raises Refusal 503 when the database can't be asked."""
        try:
            async with self._pool.connection() as connection, connection.transaction():
                yield connection.cursor(row_factory=dict_row)
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise Refusal(
                503, "store-unavailable", f"events can't be kept: {type(error).__name__}"
            ) from error

    async def add_type(self, room: str, name: str, schema: Mapping[str, Any]) -> bool:
        """Keep an event type; False when it is there with another schema."""
        text = json.dumps(schema, sort_keys=True)
        async with self.transaction() as db:
            await db.execute(
                """INSERT INTO event_types AS t (room, event_type, schema)
                   VALUES (%(room)s, %(name)s, %(text)s)
                   ON CONFLICT (room, event_type) DO UPDATE SET schema = %(text)s, deleted = false
                    WHERE t.deleted OR t.schema = %(text)s RETURNING 1""",
                {"room": room, "name": name, "text": text},
            )
            return await db.fetchone() is not None

    async def types(self, room: str) -> list[str]:
        """List a room's event types."""
        async with self.transaction() as db:
            await db.execute(
                "SELECT event_type FROM event_types WHERE room = %s AND NOT deleted ORDER BY 1", [room]
            )
            return [row["event_type"] for row in await db.fetchall()]

    async def schema(self, room: str, name: str) -> dict[str, Any] | None:
        """Give an event type's schema."""
        async with self.transaction() as db:
            return await _schema(db, room, name)

    async def delete_type(self, room: str, name: str) -> bool:
        """End an event type; what was accepted is still delivered. True as well when it had ended before."""
        async with self.transaction() as db:
            await db.execute(
                "UPDATE event_types SET deleted = true WHERE room = %s AND event_type = %s", [room, name]
            )
            return db.rowcount > 0

    async def publish(self, room: str, name: str, publisher: str, event: Mapping[str, Any], key: str) -> str:
        """Accept an event and give its id.

        Args:
            room: Where.
            name: Its type, which must be there.
            publisher: The application.
            event: Checked against the type's schema.
            key: The publisher's own name for it, or empty; a repeat gives the first id.

        Raises Refusal 409 when the key was used for another event.
        """
        body = json.dumps(event, sort_keys=True)
        async with self.transaction() as db:
            # Holding the type makes numbers grow in the order of commits, which FIFO rests on.
            await db.execute(
                "SELECT 1 FROM event_types WHERE room = %s AND event_type = %s FOR UPDATE", [room, name]
            )
            if key and (earlier := await _published(db, room, name, publisher, key)) is not None:
                if earlier["body"] != body:
                    raise Refusal(409, "key-taken", "this key was used for another event")
                return str(earlier["id"])
            await db.execute(
                """INSERT INTO events (id, room, event_type, publisher, body, key)
                   VALUES (%s, %s, %s, %s, %s, %s) RETURNING number, id""",
                [uuid.uuid4(), room, name, publisher, body, key or None],
            )
            accepted = await db.fetchone()
            assert accepted is not None, "an insert returns its row"
            await db.execute(
                """INSERT INTO deliveries (event, subscription, expires_at)
                   SELECT %s, id, clock_timestamp() + make_interval(secs => ttl) FROM subscriptions
                    WHERE room = %s AND event_type = %s AND NOT cancelled""",
                [accepted["number"], room, name],
            )
        self.news.set()
        return str(accepted["id"])

    async def event(self, room: str, name: str, publisher: str, event_id: str) -> Row | None:
        """Give a publisher's own event, with its deliveries."""
        if (known := read_uuid(event_id)) is None:
            return None
        async with self.transaction() as db:
            await db.execute(
                "SELECT * FROM events WHERE room = %s AND event_type = %s AND publisher = %s AND id = %s",
                [room, name, publisher, known],
            )
            event = await db.fetchone()
            if event is None:
                return None
            await db.execute(
                """SELECT subscriber, state, attempts, reason FROM deliveries d
                     JOIN subscriptions s ON s.id = d.subscription
                    WHERE event = %s ORDER BY subscriber""",
                [event["number"]],
            )
            return {**event, "deliveries": await db.fetchall()}

    async def stop_event(self, room: str, name: str, publisher: str, event_id: str) -> bool:
        """Close what is open of an event; True as well when nothing was."""
        event = await self.event(room, name, publisher, event_id)
        if event is None:
            return False
        async with self.transaction() as db:
            await db.execute(
                """UPDATE deliveries SET state = 'cancelled', reason = 'stopped by its publisher'
                    WHERE event = %s AND state = 'open'""",
                [event["number"]],
            )
        return True

    async def subscribe(
        self, room: str, name: str, subscriber: str, wanted: NewSubscription
    ) -> tuple[Row, bool]:
        """Give the subscription, and whether it is as wanted: False when there is another one."""
        values = {
            "id": uuid.uuid4(),
            "room": room,
            "name": name,
            "subscriber": subscriber,
            "delivery": wanted.delivery,
            "ttl": wanted.options.TTL,
            "fifo": wanted.options.FIFO,
        }
        async with self.transaction() as db:
            await db.execute(
                """INSERT INTO subscriptions AS s (id, room, event_type, subscriber, delivery, ttl, fifo)
                   VALUES (%(id)s, %(room)s, %(name)s, %(subscriber)s, %(delivery)s, %(ttl)s, %(fifo)s)
                   ON CONFLICT (room, event_type, subscriber) DO UPDATE
                      SET cancelled = false, delivery = %(delivery)s, ttl = %(ttl)s, fifo = %(fifo)s
                    WHERE s.cancelled
                       OR (s.delivery, s.ttl, s.fifo) = (%(delivery)s, %(ttl)s, %(fifo)s)
                   RETURNING *""",
                values,
            )
            made = await db.fetchone()
            if made is not None:
                return made, True
            there = await _subscription(db, room, name, subscriber)
            assert there is not None, "a conflict is with a row"
            return there, False

    async def subscriptions(self, room: str, subscriber: str) -> list[Row]:
        """List what an application has subscribed to in a room."""
        async with self.transaction() as db:
            await db.execute(
                """SELECT * FROM subscriptions WHERE room = %s AND subscriber = %s AND NOT cancelled
                    ORDER BY event_type""",
                [room, subscriber],
            )
            return await db.fetchall()

    async def subscription(self, room: str, name: str, subscriber: str) -> Row | None:
        """Give one subscription."""
        async with self.transaction() as db:
            return await _subscription(db, room, name, subscriber)

    async def change_subscription(
        self, room: str, name: str, subscriber: str, wanted: ChangedSubscription
    ) -> Row | None:
        """Change a subscription; what is not named stays. None when there is none."""
        async with self.transaction() as db:
            await db.execute(
                """UPDATE subscriptions SET delivery = coalesce(%s, delivery), ttl = coalesce(%s, ttl),
                          fifo = coalesce(%s, fifo)
                    WHERE room = %s AND event_type = %s AND subscriber = %s AND NOT cancelled RETURNING *""",
                [wanted.delivery, wanted.options.TTL, wanted.options.FIFO, room, name, subscriber],
            )
            changed = await db.fetchone()
        self.news.set()
        return changed

    async def unsubscribe(self, room: str, name: str, subscriber: str) -> bool:
        """End a subscription and what is open of it; True as well when it had ended before."""
        async with self.transaction() as db:
            await db.execute(
                """UPDATE subscriptions SET cancelled = true
                    WHERE room = %s AND event_type = %s AND subscriber = %s RETURNING id""",
                [room, name, subscriber],
            )
            ended = await db.fetchone()
            if ended is None:
                return False
            await db.execute(
                """UPDATE deliveries SET state = 'cancelled', reason = 'its subscription was cancelled'
                    WHERE subscription = %s AND state = 'open'""",
                [ended["id"]],
            )
        return True

    async def clear(self) -> None:
        """Forget everything: the sandbox was reset."""
        async with self.transaction() as db:
            for table in TABLES:
                await db.execute(f"DELETE FROM {table}")  # noqa: S608


async def _schema(db: Cursor, room: str, name: str) -> dict[str, Any] | None:
    await db.execute(
        "SELECT schema FROM event_types WHERE room = %s AND event_type = %s AND NOT deleted", [room, name]
    )
    row = await db.fetchone()
    return json.loads(row["schema"]) if row else None


async def _subscription(db: Cursor, room: str, name: str, subscriber: str) -> Row | None:
    await db.execute(
        """SELECT * FROM subscriptions
            WHERE room = %s AND event_type = %s AND subscriber = %s AND NOT cancelled""",
        [room, name, subscriber],
    )
    return await db.fetchone()


async def _published(db: Cursor, room: str, name: str, publisher: str, key: str) -> Row | None:
    await db.execute(
        "SELECT id, body FROM events WHERE room = %s AND event_type = %s AND publisher = %s AND key = %s",
        [room, name, publisher, key],
    )
    return await db.fetchone()


def read_uuid(text: str) -> uuid.UUID | None:
    """Read an id; None for what can't be one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
