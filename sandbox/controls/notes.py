"""What the controls must still know after they were killed: checkpoints, the time, and what is half done.

Kept in the administrator's own database, which no reset and no restore touches. A line here and the
databases' names change in one transaction, so that what is written is what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row, dict_row

_TABLES = """
CREATE TABLE IF NOT EXISTS checkpoints (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    today date NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS clock_setting (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    offset_seconds bigint NOT NULL,
    epoch integer NOT NULL
);
CREATE TABLE IF NOT EXISTS unfinished (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    what text NOT NULL,
    checkpoint text NOT NULL DEFAULT '',
    today date NOT NULL
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A state of all blocks that was kept: `today` is what the sandbox's clock said."""

    id: str
    name: str
    today: date
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """Databases are exchanged already; the mediator and the blocks' clocks have not been told."""

    what: Literal["reset", "restore"]
    checkpoint: str
    today: date


@dataclass(frozen=True, slots=True)
class Notes:
    """Reads and writes them; each method is a transaction of its own unless it is given a connection."""

    admin_url: str

    @contextmanager
    def open(self) -> Iterator[psycopg.Connection[Any]]:
        """Connect, with the tables there."""
        with psycopg.connect(self.admin_url, autocommit=True, connect_timeout=5) as admin:
            with admin.transaction():
                admin.execute("SELECT pg_advisory_xact_lock(hashtext('notes'))")
                admin.execute("SET LOCAL client_min_messages = warning")
                admin.execute(_TABLES)
            yield admin

    def checkpoints(self) -> list[Checkpoint]:
        """List them, the oldest first."""
        with self.open() as admin, admin.cursor(row_factory=class_row(Checkpoint)) as cursor:
            return cursor.execute("SELECT * FROM checkpoints ORDER BY saved_at, id").fetchall()

    def add_checkpoint(self, identifier: str, name: str, today: date) -> None:
        """Add one, in the place of what had this name."""
        with self.open() as admin, admin.transaction():
            admin.execute("DELETE FROM checkpoints WHERE name = %s", [name])
            admin.execute(
                "INSERT INTO checkpoints (id, name, today) VALUES (%s, %s, %s)", [identifier, name, today]
            )

    def remove_checkpoint(self, name: str) -> bool:
        """Remove one; False when there was none."""
        with self.open() as admin:
            return admin.execute("DELETE FROM checkpoints WHERE name = %s", [name]).rowcount > 0

    def clock(self) -> tuple[int, int] | None:
        """Give offset and epoch as they were set last."""
        with self.open() as admin:
            row = admin.execute("SELECT offset_seconds, epoch FROM clock_setting").fetchone()
        return (row[0], row[1]) if row else None

    def keep_clock(self, offset_seconds: int, epoch: int) -> None:
        """Keep how the clock was set."""
        with self.open() as admin:
            admin.execute(
                """INSERT INTO clock_setting (offset_seconds, epoch) VALUES (%s, %s)
                   ON CONFLICT (one) DO UPDATE
                      SET offset_seconds = excluded.offset_seconds, epoch = excluded.epoch""",
                [offset_seconds, epoch],
            )

    def unfinished(self) -> Unfinished | None:
        """Say what was cut short."""
        with self.open() as admin, admin.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute("SELECT what, checkpoint, today FROM unfinished").fetchone()
        return Unfinished(**row) if row else None

    def finish(self) -> None:
        """Note that it was brought to its end."""
        with self.open() as admin:
            admin.execute("DELETE FROM unfinished")


def begin(admin: psycopg.Connection[Any], unfinished: Unfinished) -> None:
    """Note what must be brought to its end, in the transaction that begins it."""
    admin.execute("DELETE FROM unfinished")
    admin.execute(
        "INSERT INTO unfinished (what, checkpoint, today) VALUES (%s, %s, %s)",
        [unfinished.what, unfinished.checkpoint, unfinished.today],
    )
