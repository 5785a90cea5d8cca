"""Databases of one sandbox, as SQL by its administrator, who is no superuser.

Per block one database and one serving role. What is loaded becomes a template that nobody
may connect to; the live database is its clone, and so is a spare that a reset renames into place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]
Note = Callable[[Connection], None]
_SESSIONS_END_WITHIN_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.005


def nothing(admin: Connection) -> None:
    """Note nothing."""
    del admin


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseNames:
    """The live database of a block and what stands behind it."""

    live: str

    @property
    def template(self) -> str:
        """As it was seeded; without sessions."""
        return f"{self.live}__template"

    @property
    def spare(self) -> str:
        """The clone that the next reset puts into place."""
        return f"{self.live}__spare"

    @property
    def unready(self) -> str:
        """A clone that is still being made."""
        return f"{self.live}__unready"

    def restored(self, identifier: str) -> str:
        """The clone of a checkpoint that a restore puts into place."""
        return f"{self.live}__rs_{identifier}"

    def checkpoint(self, identifier: str) -> str:
        """What a checkpoint keeps of it; without sessions."""
        return f"{self.live}__cp_{identifier}"

    @property
    def retired(self) -> str:
        """What a reset took out of service; dropped behind it."""
        return f"{self.live}__retired"


@contextmanager
def administer(url: str) -> Iterator[Connection]:
    """Connect as the sandbox's administrator, outside any transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def create_role(admin: Connection, role: str, password: str) -> None:
    """Create a serving role; doing it twice changes its password only."""
    known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if known else "CREATE"
    admin.execute(
        sql.SQL("{} ROLE {} LOGIN NOINHERIT PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(role), sql.Literal(password)
        )
    )


def create_database(admin: Connection, name: str, role: str, *, template: str = "template0") -> None:
    """Create a database that only `role` (and the administrator) may enter."""
    # Closed until it is said who may enter: a new database is open to everybody.
    admin.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {} ALLOW_CONNECTIONS false").format(
            sql.Identifier(name),
            sql.Identifier(template),
            sql.SQL("WAL_LOG" if template == "template0" else "FILE_COPY"),
        )
    )
    admin.execute(
        sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
    )
    admin.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(role))
    )
    admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))


def close_template(admin: Connection, names: DatabaseNames) -> None:
    """Let nobody into the template from now on."""
    _end_sessions(admin, names.template)
    admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(names.template)))


def put_template_into_place(admin: Connection, names: DatabaseNames) -> None:
    """Make the template itself the live database: of one that no reset brings back."""
    _end_sessions(admin, names.template)
    _rename(admin, names.template, names.live)


def make_spare(admin: Connection, names: DatabaseNames, role: str) -> None:
    """Clone the next spare, unless it is there already; what was retired goes."""
    drop(admin, names.retired)
    make_clone(admin, names, role, source=names.template, clone=names.spare)


def make_clone(admin: Connection, names: DatabaseNames, role: str, *, source: str, clone: str) -> None:
    """Clone one of a block's databases, unless the clone is there already."""
    if not exists(admin, clone):
        # Under a name that nobody looks for: whoever finds a clone finds it whole.
        drop(admin, names.unready)
        create_database(admin, names.unready, role, template=source)
        _rename(admin, names.unready, clone)


def put_spare_into_place(admin: Connection, names: DatabaseNames) -> None:
    """Replace the live database by the spare; its sessions end, its content is gone."""
    close(admin, names.live)
    put_into_place(admin, {names: names.spare})


def close(admin: Connection, name: str) -> None:
    """Let nobody into a database any more, and see its sessions end; nothing when there is none."""
    if exists(admin, name):
        # Closed first, or a worker would be back at once.
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        _end_sessions(admin, name)


def open_again(admin: Connection, name: str) -> None:
    """Let those in again who may; nothing when there is no such database."""
    if exists(admin, name):
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))


def put_into_place(admin: Connection, incoming: Mapping[DatabaseNames, str], note: Note = nothing) -> None:
    """Make each incoming database the live one, all of them or none, with `note` in the same transaction.

    The live ones must have been closed. They are retired, not dropped: dropping takes a checkpoint of the
    server, renaming doesn't.
    """
    for names, name in incoming.items():
        drop(admin, names.retired)
        _end_sessions(admin, name)
    with admin.transaction():
        for names, name in incoming.items():
            if exists(admin, names.live):
                _rename(admin, names.live, names.retired)
            _rename(admin, name, names.live)
        note(admin)


def drop(admin: Connection, name: str) -> None:
    """Drop a database and end its sessions; nothing when there is none."""
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def exists(admin: Connection, name: str) -> bool:
    """Whether there is a database of that name."""
    return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _rename(admin: Connection, old: str, new: str) -> None:
    admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


def _end_sessions(admin: Connection, name: str) -> None:
    """End them and see them gone: PostgreSQL itself would look again only after 0.1 s.

    Autovacuum's workers are nobody's sessions, and we may not end them; they give way by themselves.
    """
    deadline = time.monotonic() + _SESSIONS_END_WITHIN_SECONDS
    ending = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
    )
    while admin.execute(ending, [name]).fetchone() and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN_SECONDS)
