"""Callbacks for outside applications: kept in the database until a reset, awaited without polling it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from psycopg_pool import AsyncConnectionPool

LONGEST_WAIT = 30.0
"""Seconds; longer would outlast callers' own limits."""


class Messages:
    """The outside applications' letter-box."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], new_id: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self._pool = pool
        self._new_id = new_id
        self._now = now
        self._arrivals: set[asyncio.Event] = set()

    async def deliver(self, kind: str, correlation: str, body: Any) -> str:
        """Store a message, wake whoever waits, and give its id."""
        identifier = self._new_id()
        async with self._pool.connection() as connection:
            await connection.execute(
                "INSERT INTO messages (id, kind, correlation, body, delivered_at)"
                " VALUES (%s, %s, %s, %s, %s)",
                [identifier, kind, correlation, json.dumps(body), self._now()],
            )
        for arrival in self._arrivals:
            arrival.set()
        return identifier

    async def wait(self, kind: str, correlation: str, seconds: float) -> dict[str, Any] | None:
        """Give the newest message that fits, waiting for one if need be; None when none came in time.

        A message that was read stays readable, so that a step can be tried again.
        """
        arrival = asyncio.Event()
        self._arrivals.add(arrival)  # before looking, or a message could slip in between
        try:
            message = await self._newest(kind, correlation)
            async with asyncio.timeout(min(seconds, LONGEST_WAIT)):
                while message is None:
                    await arrival.wait()
                    arrival.clear()
                    message = await self._newest(kind, correlation)
            return message
        except TimeoutError:
            return None
        finally:
            self._arrivals.discard(arrival)

    async def clear(self) -> None:
        """Forget every message."""
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM messages")

    async def _newest(self, kind: str, correlation: str) -> dict[str, Any] | None:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                """
                SELECT id, kind, correlation, body FROM messages
                WHERE (%(kind)s = '' OR kind = %(kind)s)
                  AND (%(correlation)s = '' OR correlation = %(correlation)s)
                ORDER BY number DESC LIMIT 1
                """,
                {"kind": kind, "correlation": correlation},
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        return {"id": row[0], "kind": row[1], "correlationId": row[2], "body": json.loads(row[3])}
