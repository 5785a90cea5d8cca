"""Named faults, injected on purpose; kept in the database, so that a restarted mediator still has them.

Reset and `clearFaults` remove them. What each name means to callers stands in `docs/reference/controls.md`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import psycopg
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

CallFault = Literal[
    "delay",
    "slow-body",
    "time-out",
    "refuse",
    "error",
    "outage",
    "drop",
    "duplicate",
    "garble",
    "wrong-answer",
]
CallbackFault = Literal[
    "callback-delay", "callback-drop", "callback-duplicate", "callback-unconfirmed", "undelivered"
]
Name = CallFault | CallbackFault
OF_CALLS: frozenset[str] = frozenset(get_args(CallFault))
OF_CALLBACKS: frozenset[str] = frozenset(get_args(CallbackFault))

log = logging.getLogger("blocks.information-mediator.faults")


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong, where, and how often.

    Attributes:
        block: Whose operation a call is meant for; of a callback, who sends it; of an event, either end.
        operation: An operationId, a callback's kind or an event's type; empty for all of the block's.
        client: The application that calls; empty for all. Callbacks and events have none.
        remaining: How many exchanges it still meets; None for all.
    """

    id: str
    fault: str
    block: str
    operation: str = ""
    client: str = ""
    remaining: int | None = None
    milliseconds: int = 1000

    @property
    def seconds(self) -> float:
        """How long it makes somebody wait."""
        return self.milliseconds / 1000


class Faults:
    """Those that are planted now, in the order of planting."""

    def __init__(self, pool: AsyncConnectionPool[Any], new_id: Callable[[], str]) -> None:
        self._pool = pool
        self._new_id = new_id
        self._planted: list[Fault] = []

    async def open(self) -> None:
        """Take up what an earlier mediator was told."""
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Fault))
            await cursor.execute(
                """SELECT id, fault, block, operation, client, remaining, milliseconds FROM faults
                    ORDER BY number"""
            )
            self._planted = await cursor.fetchall()

    async def plant(
        self, name: Name, block: str, operation: str, client: str, times: int | None, milliseconds: int
    ) -> str:
        """Plant a fault and give its id."""
        fault = Fault(
            id=self._new_id(),
            fault=name,
            block=block,
            operation=operation,
            client=client,
            remaining=times,
            milliseconds=milliseconds,
        )
        async with self._pool.connection() as connection:
            await connection.execute(
                """INSERT INTO faults (id, fault, block, operation, client, remaining, milliseconds)
                   VALUES (%s, %s, %s, %s, %s, %s, %s)""",
                [fault.id, name, block, operation, client, times, milliseconds],
            )
        self._planted.append(fault)
        return fault.id

    def planted(self) -> list[Fault]:
        """List them."""
        return list(self._planted)

    async def clear(self) -> None:
        """Remove all."""
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM faults")
        self._planted.clear()

    async def meet_on_call(self, client: str, block: str, operation: str) -> Fault | None:
        """Give the fault that a call meets, and count it."""
        return await self._meet(OF_CALLS, client, (block,), operation) if self._planted else None

    async def meet_on_callback(self, blocks: tuple[str, ...], kind: str) -> Fault | None:
        """Give the fault that a callback or an event meets on its way between `blocks`, and count it."""
        return await self._meet(OF_CALLBACKS, "", blocks, kind) if self._planted else None

    async def _meet(
        self, names: frozenset[str], client: str, blocks: tuple[str, ...], operation: str
    ) -> Fault | None:
        for fault in self._planted:
            if (
                fault.fault in names
                and fault.block in blocks
                and fault.operation in ("", operation)
                and fault.client in ("", client)
            ):
                if fault.remaining is not None:
                    await self._count(fault)
                return fault
        return None

    async def _count(self, fault: Fault) -> None:
        assert fault.remaining is not None, "only what ends is counted"
        fault.remaining -= 1  # before anything is awaited, or two calls would share one stroke
        if fault.remaining <= 0:
            self._planted.remove(fault)
        try:
            async with self._pool.connection() as connection:
                await connection.execute(
                    "UPDATE faults SET remaining = %s WHERE id = %s AND remaining > %s"
                    if fault.remaining > 0
                    else "DELETE FROM faults WHERE %s <= 0 AND id = %s AND remaining > %s",
                    [fault.remaining, fault.id, fault.remaining],
                )
        except (psycopg.Error, PoolTimeout) as error:
            # It strikes all the same; only a mediator that is restarted now would let it strike again.
            log.warning("a fault's count was not kept: %s", error)
