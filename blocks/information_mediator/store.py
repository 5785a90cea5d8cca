"""Reads back from the mediator's tables what it was told: the wiring, and the time."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from blockkit.clock import Clock
from blockkit.timekeeping import KEEP, READ
from blocks.information_mediator.directory import Directory, Listed
from blocks.information_mediator.wiring import Wiring

LOOKS_EVERY = 0.2
"""Seconds between two looks for a database that is not there yet."""


async def until_reached(database_url: str) -> None:
    """Wait for the database: the mediator may be started before it is filled, and can't serve without."""
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(database_url, connect_timeout=2)
        except psycopg.OperationalError:
            await asyncio.sleep(LOOKS_EVERY)
        else:
            await connection.close()
            return


async def read_time(pool: AsyncConnectionPool[Any], clock: Clock) -> None:
    """Set the clock as it was set last, by whoever ran before."""
    async with pool.connection() as connection:
        row = await (await connection.execute(READ)).fetchone()
    if row is not None:
        clock.offset_seconds, clock.epoch = row


async def keep_time(pool: AsyncConnectionPool[Any], clock: Clock) -> None:
    """Keep the clock's setting for whoever runs next."""
    async with pool.connection() as connection:
        await connection.execute(KEEP, [clock.offset_seconds, clock.epoch])


async def read_wiring(pool: AsyncConnectionPool[Any]) -> Directory:
    """Read and index all of it."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)

        async def rows(query: str) -> list[dict[str, Any]]:
            await cursor.execute(query)
            found: list[dict[str, Any]] = await cursor.fetchall()
            return found

        services = await rows("SELECT application, block, name, public FROM services ORDER BY application")
        operations = await rows("SELECT * FROM operations ORDER BY application, position")
        clients = await rows(
            "SELECT application, name, proof, block FROM applications WHERE proof IS NOT NULL ORDER BY 1"
        )
        rights = await rows("SELECT * FROM rights ORDER BY position")
        topics = await rows("SELECT * FROM topics ORDER BY position")
        listed = await rows("SELECT * FROM listed_services ORDER BY application, service_id")
    offered: dict[str, list[dict[str, Any]]] = {}
    for operation in operations:
        del operation["position"]
        offered.setdefault(operation.pop("application"), []).append(operation)
    for line in (*rights, *topics):
        del line["position"]
    return Directory(
        Wiring.model_validate(
            {
                "services": [
                    {**each, "operations": offered.get(each["application"], [])} for each in services
                ],
                "clients": clients,
                "rights": rights,
                "topics": topics,
            }
        ),
        [Listed(**each) for each in listed],
    )
