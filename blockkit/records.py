"""A block's own PostgreSQL database: a small pool, rows as dictionaries, nothing remembered in memory.

A connection is checked before use, because a reset renames a fresh database into place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from blockkit.problems import Problem

Row = dict[str, Any]
Connection = psycopg.Connection[Row]


class Records:
    """The pool of one block. `transaction()` commits at its end and rolls back on an error."""

    def __init__(self, database_url: str, *, largest: int = 8) -> None:
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            database_url,
            connection_class=psycopg.Connection[Row],
            kwargs={"row_factory": dict_row},
            min_size=0,
            max_size=largest,
            max_idle=60,
            num_workers=1,
            check=ConnectionPool.check_connection,
            open=False,
            timeout=10,
        )

    def open(self) -> None:
        """Begin to serve connections; they are made when first asked for."""
        self._pool.open()

    def close(self) -> None:
        """End all sessions."""
        self._pool.close()

    def renew(self) -> None:
        """Let go of the sessions of a database that was replaced, before one of them is asked for.

        The pool would notice each by its check, and wait a second before it makes another.
        """
        self._pool.drain()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Lend a connection inside one transaction. Raises Problem 503 when the database can't be reached."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except PoolTimeout as error:
            raise Problem(503, "database-unreachable", "this block can't reach its database") from error

    def answers(self) -> bool:
        """Whether the database can be asked at all, for readiness."""
        try:
            with self._pool.connection(timeout=2) as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, PoolTimeout):
            return False
        return True
