"""What is still to be taken: pulled and acknowledged by its subscriber, pushed by us, or given up.

Every statement stands for itself, so that a mediator killed between two of them leaves an open delivery,
never a lost one: at least once, and the event's id tells a repeat.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from blocks.information_mediator.events.store import EventStore, Row, read_uuid

_OPEN = """
    FROM deliveries d JOIN subscriptions s ON s.id = d.subscription JOIN events e ON e.number = d.event
    WHERE d.state = 'open' AND NOT s.cancelled AND d.expires_at > clock_timestamp()
"""


_PUSHABLE = f"""{_OPEN}
    AND s.delivery = 'PUSH'
    AND NOT (s.fifo AND EXISTS (
        SELECT FROM deliveries o
         WHERE o.subscription = d.subscription AND o.state = 'open' AND o.event < d.event))
    AND (d.event, d.subscription::text) NOT IN (
        SELECT * FROM unnest(%(events)s::bigint[], %(subscriptions)s::text[]))
"""  # noqa: S608
"""Under FIFO only the oldest; never what is being pushed now."""
Running = Collection[tuple[int, str]]


async def next_pulled(store: EventStore, subscription: Row) -> Row | None:
    """Give the oldest event that a subscriber has not acknowledged; the same one until it has."""
    async with store.transaction() as db:
        await db.execute(
            f"SELECT e.* {_OPEN} AND s.id = %s ORDER BY e.number LIMIT 1",
            [subscription["id"]],
        )
        return await db.fetchone()


async def acknowledge(store: EventStore, subscription: Row, event_id: str) -> bool:
    """Note that a subscriber has an event; True as well when that was noted before."""
    if (known := read_uuid(event_id)) is None:
        return False
    async with store.transaction() as db:
        await db.execute(
            """UPDATE deliveries d SET state = 'acknowledged' FROM events e
                WHERE e.number = d.event AND d.subscription = %s AND e.id = %s
                  AND d.state IN ('open', 'acknowledged')""",
            [subscription["id"], known],
        )
        return db.rowcount > 0


async def expire(store: EventStore) -> None:
    """Give up what nobody took in its time."""
    async with store.transaction() as db:
        await db.execute(
            """UPDATE deliveries SET state = 'dead', reason = 'not taken in its time'
                WHERE state = 'open' AND expires_at <= clock_timestamp()"""
        )


async def due_pushes(store: EventStore, limit: int, running: Running) -> list[Row]:
    """Give pushes that are due and not running, the oldest event first; under FIFO, one per subscription."""
    async with store.transaction() as db:
        await db.execute(
            f"""SELECT e.*, d.subscription, d.attempts, s.subscriber {_PUSHABLE}
                  AND d.retry_at <= clock_timestamp()
                ORDER BY e.number LIMIT %(limit)s""",
            {**_apart(running), "limit": limit},
        )
        return await db.fetchall()


async def seconds_until_due(store: EventStore, most: float, running: Running) -> float:
    """Tell how long nothing will be due, `most` at the most."""
    async with store.transaction() as db:
        await db.execute(
            f"""SELECT extract(epoch FROM min(least(d.retry_at, d.expires_at)) - clock_timestamp())::float
                       AS wait {_PUSHABLE}""",  # noqa: S608
            _apart(running),
        )
        row = await db.fetchone()
    wait = row["wait"] if row else None
    return most if wait is None else max(0.0, min(float(wait), most))


async def note_push(store: EventStore, push: Row, *, failure: str, wait: float, most: int) -> None:
    """Note what came of a push: no `failure` acknowledges it; the last of `most` attempts gives it up."""
    async with store.transaction() as db:
        await db.execute(
            """UPDATE deliveries SET attempts = attempts + 1, reason = %(failure)s,
                      state = CASE WHEN %(failure)s = '' THEN 'acknowledged'
                                   WHEN attempts + 1 >= %(most)s THEN 'dead' ELSE 'open' END,
                      retry_at = clock_timestamp() + make_interval(secs => %(wait)s)
                WHERE event = %(event)s AND subscription = %(subscription)s AND state = 'open'""",
            {
                "failure": failure,
                "most": most,
                "wait": wait,
                "event": push["number"],
                "subscription": push["subscription"],
            },
        )


async def dead_letters(store: EventStore, subscription: Row, limit: int) -> list[Row]:
    """List what a subscriber did not get, the oldest first."""
    async with store.transaction() as db:
        await db.execute(
            """SELECT e.*, d.attempts, d.reason FROM deliveries d JOIN events e ON e.number = d.event
                WHERE d.subscription = %s AND d.state = 'dead' ORDER BY e.number LIMIT %s""",
            [subscription["id"], limit],
        )
        return await db.fetchall()


async def redeliver(store: EventStore, subscription: Row, event_id: str) -> bool:
    """Open a dead letter again, as if it had just been published; True as well when it is open already."""
    if (known := read_uuid(event_id)) is None:
        return False
    async with store.transaction() as db:
        await db.execute(
            """UPDATE deliveries d SET state = 'open', attempts = 0, reason = '',
                      retry_at = clock_timestamp(),
                      expires_at = clock_timestamp() + make_interval(secs => %s)
                 FROM events e
                WHERE e.number = d.event AND d.subscription = %s AND e.id = %s
                  AND d.state IN ('open', 'dead')""",
            [subscription["ttl"], subscription["id"], known],
        )
        changed = db.rowcount > 0
    store.news.set()
    return changed


def _apart(running: Running) -> dict[str, Any]:
    return {
        "events": [event for event, _ in running],
        "subscriptions": [subscription for _, subscription in running],
    }
