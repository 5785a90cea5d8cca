"""The message log: one line per exchange, chained, written by one task that commits in groups.

A caller hears its answer only after its line is stored. The log is never edited and has no
way to be: the serving role may read and add. One mediator writes one log.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from blocks.information_mediator.chain import Head, Line, canonical, seal
from blocks.information_mediator.exchange import Exchange, Refusal
from blocks.information_mediator.redaction import SHORTEST_SECRET, without_values

LARGEST_GROUP = 256
SAID = ("path", "request", "response", "correlation")
"""The parts of a line whose words are the callers' own."""


class LogUnavailable(Refusal):
    """The log can't be written: an answer that isn't recorded is not given."""

    def __init__(self, error: Exception) -> None:
        super().__init__(503, "log-unavailable", f"the message log can't be written: {type(error).__name__}")


@dataclass(frozen=True, slots=True)
class _Waiting:
    exchange: Exchange
    secrets: tuple[str, ...]
    stored: asyncio.Future[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines a reader asks for; empty means any. `since` is the last number already read."""

    since: int = 0
    application: str = ""
    client: str = ""
    individual: str = ""
    operation: str = ""
    fault: str = ""
    """The name of one, or `any`."""
    limit: int = 1000


class MessageLog:
    """Appends and reads. `open` and `close` belong to the loop that serves."""

    def __init__(self, database_url: str, pool: AsyncConnectionPool[Any], secrets: Iterable[str]) -> None:
        self._url = database_url
        self._pool = pool
        self._secrets = tuple(secrets)
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._head = Head()

    async def open(self) -> None:
        """Start to write."""
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write_groups())

    async def close(self) -> None:
        """Stop; what was answered is stored already."""
        self._writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._writer
        if self._connection is not None:
            await self._connection.close()

    async def append(self, exchange: Exchange, *, secrets: tuple[str, ...] = ()) -> int:
        """Store one line and give its number.

        Args:
            exchange: What happened.
            secrets: Values of this exchange's own that must not be stored, such as its access token.

        Raises LogUnavailable.
        """
        stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Waiting(exchange, secrets, stored))
        return await stored

    async def read(self, wanted: Wanted) -> list[dict[str, Any]]:
        """Read lines in their order."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                """
                SELECT line, hash FROM exchanges
                WHERE number > %(since)s
                  AND (%(application)s = '' OR line::jsonb ->> 'service' = %(application)s)
                  AND (%(client)s = '' OR line::jsonb ->> 'client' = %(client)s)
                  AND (%(individual)s = '' OR line::jsonb ->> 'individual' = %(individual)s)
                  AND (%(operation)s = '' OR line::jsonb ->> 'operation_id' = %(operation)s)
                  AND (%(fault)s = '' OR line::jsonb ->> 'fault' = %(fault)s
                       OR (%(fault)s = 'any' AND line::jsonb ->> 'fault' <> ''))
                ORDER BY number LIMIT %(limit)s
                """,
                asdict(wanted),
            )
            return [{**json.loads(line), "hash": digest} for line, digest in await cursor.fetchall()]

    async def lines(self, since: int, limit: int) -> list[Line]:
        """Read lines as they are stored, for whoever computes the chain again."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT number, line, hash FROM exchanges WHERE number > %s ORDER BY number LIMIT %s",
                (since, limit),
            )
            return [Line(*row) for row in await cursor.fetchall()]

    async def head(self) -> Head:
        """Tell the newest stored line."""
        async with self._pool.connection() as connection:
            return await _read_head(connection)

    async def answers(self) -> bool:
        """Whether the database can be asked at all."""
        try:
            async with self._pool.connection(timeout=2) as connection:
                await connection.execute("SELECT 1")
        except (psycopg.Error, PoolTimeout):
            return False
        return True

    async def _write_groups(self) -> None:
        while True:
            group = [await self._queue.get()]
            while len(group) < LARGEST_GROUP and not self._queue.empty():
                group.append(self._queue.get_nowait())
            try:
                numbers = await self._store(group)
            except Exception as error:
                # The writer outlives whatever a line brings, or every later caller would wait for ever.
                # Whether this group arrived is unknown: the next one asks the database for its head.
                await self._forget_connection()
                for waiting in group:
                    if not waiting.stored.done():
                        waiting.stored.set_exception(LogUnavailable(error))
            else:
                for waiting, number in zip(group, numbers, strict=True):
                    if not waiting.stored.done():
                        waiting.stored.set_result(number)

    async def _store(self, group: list[_Waiting]) -> list[int]:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
            self._head = await _read_head(self._connection)
        head = self._head
        lines = []
        for waiting in group:
            line = self._seal_line(waiting, head)
            lines.append(line)
            head = Head(line.number, line.hash)
        numbers = [line.number for line in lines]
        await self._connection.execute(
            "INSERT INTO exchanges SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[])",
            [numbers, [line.text for line in lines], [line.hash for line in lines]],
        )
        self._head = head
        return numbers

    def _seal_line(self, waiting: _Waiting, head: Head) -> Line:
        number = head.number + 1
        content = {**waiting.exchange.content(), "number": number, "previous": head.hash}
        text = canonical(content)
        secrets = [
            secret
            for secret in (*self._secrets, *waiting.secrets)
            if len(secret) >= SHORTEST_SECRET and json.dumps(secret, ensure_ascii=False)[1:-1] in text
        ]
        if secrets:
            said = {name: without_values(content[name], secrets) for name in SAID}
            text = canonical({**content, **said})
        return Line(number, text, seal(text))

    async def _forget_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()


async def _read_head(connection: psycopg.AsyncConnection[Any]) -> Head:
    cursor = await connection.execute("SELECT number, hash FROM exchanges ORDER BY number DESC LIMIT 1")
    row = await cursor.fetchone()
    return Head(*row) if row else Head()
