"""What a checkpoint keeps of the mediator: letter-box and events. The message log is never rolled back."""

from __future__ import annotations

from typing import Any

from psycopg import sql
from psycopg_pool import AsyncConnectionPool

TABLES = ("messages", "event_types", "subscriptions", "events", "deliveries")
"""In the order in which rows can be put back; the other way round they can be removed."""


class Keeping:
    """Copies rows aside under a checkpoint's id, and back; each in one transaction."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def save(self, checkpoint: str) -> int:
        """Copy everything aside, in the place of what had this id; gives the number of rows."""
        rows = 0
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("DELETE FROM kept_rows WHERE checkpoint = %s", [checkpoint])
            for table in TABLES:
                copied = await connection.execute(
                    sql.SQL("INSERT INTO kept_rows SELECT %s, %s, to_jsonb(t) FROM {} t").format(
                        sql.Identifier(table)
                    ),
                    [checkpoint, table],
                )
                rows += copied.rowcount
        return rows

    async def restore(self, checkpoint: str) -> None:
        """Put back what was copied aside, and nothing else."""
        async with self._pool.connection() as connection, connection.transaction():
            for table in reversed(TABLES):
                await connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for table in TABLES:
                await connection.execute(
                    sql.SQL(
                        "INSERT INTO {} OVERRIDING SYSTEM VALUE"
                        " SELECT (jsonb_populate_record(NULL::{}, row)).*"
                        " FROM kept_rows WHERE checkpoint = %s AND source = %s"
                    ).format(sql.Identifier(table), sql.Identifier(table)),
                    [checkpoint, table],
                )

    async def forget(self, keep: list[str]) -> None:
        """Forget every checkpoint but these."""
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM kept_rows WHERE checkpoint <> ALL(%s)", [keep])
