"""A block's own PostgreSQL database: a small pool, rows as dictionaries, nothing remembered in memory.

A connection is checked before use, because a reset renames a fresh database into place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from blockkit.problems import Problem

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

_FIRST_CONNECT_SECONDS = 2


def _nothing() -> None:
    """Do nothing when the database is reached."""


class Records:
    """The pool of one block. `transaction()` commits at its end and rolls back on an error."""

    def __init__(self, database_url: str, *, largest: int = 8) -> None:
        self._url = database_url
        self._lock = threading.Lock()
        self._reached = False
        self._on_reached: Callable[[], None] = _nothing
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

    def open(self, on_reached: Callable[[], None] = _nothing) -> None:
        """Begin to serve connections; they are made when first asked for.

        Args:
            on_reached: Called once, when the database has been reached for the first time. A block may
                be started before its database is there.
        """
        self._on_reached = on_reached
        self._pool.open()
        self.reached()

    def reached(self) -> bool:
        """Whether the database was ever reached; looks when it was not.

        The pool is not asked before: after a failure it would wait for longer and longer.
        """
        with self._lock:
            if self._reached:
                return True
            try:
                psycopg.connect(self._url, connect_timeout=_FIRST_CONNECT_SECONDS).close()
            except psycopg.Error:
                return False
            self._reached = True
        self._on_reached()
        return True

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
        """Lend a connection inside one transaction.

        Raises Problem 503 when the database can't be reached, or goes away meanwhile: whoever asks again
        finds out what became of the transaction.
        """
        if not self._reached and not self.reached():
            raise Problem(503, "database-unreachable", "this block can't reach its database")
        lent: Connection | None = None
        try:
            with self._pool.connection() as lent:
                yield lent
        except PoolTimeout as error:
            raise Problem(503, "database-unreachable", "this block can't reach its database") from error
        except psycopg.OperationalError as error:
            if lent is None or not lent.closed:
                raise
            raise Problem(503, "database-went-away", "this block lost its database meanwhile") from error

    def answers(self) -> bool:
        """Whether the database can be asked at all, for readiness."""
        if not self.reached():
            return False
        try:
            with self._pool.connection(timeout=2) as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, PoolTimeout):
            return False
        return True
