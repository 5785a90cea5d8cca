"""What loaded databases are called while they are nobody's, and how a sandbox takes one over.

A kept database and everything in it belongs to a role of nobody, and what its block's serving role
will be granted is granted to another; neither can log in. Shared by the runtimes that keep databases:
one clones them within its server, the other copies a whole cluster that holds nothing else.
Works as superuser, and refuses to know where a server or a copy comes from.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateObject, UniqueViolation

from sandbox.runtimes.grants import hand_over

Session = psycopg.Connection[Any]

PREFIX = "kept_"
OWNER, READER = "kept_owner", "kept_reader"
_LEAVES_WITHIN_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.005


def name_of(key: str) -> str:
    """Name the database that is kept under a key."""
    return PREFIX + key


def make_roles(server: Session) -> None:
    """Make the two roles of nobody, unless they are there."""
    for role in (OWNER, READER):
        with suppress(DuplicateObject, UniqueViolation):
            server.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))


def make_over(server: Session, inside: Session, admin: str, role: str) -> None:
    """Give everything in the kept database that `inside` is connected to, to a sandbox's two roles."""
    _make_serving_role(server, admin, role)
    with inside.transaction():
        hand_over(inside, OWNER, admin, READER, role)


def move_over(server: Session, name: str, new_name: str, admin: str) -> None:
    """Give the sandbox a database whose content it owns already, under its name there."""
    see_alone(server, name)
    with server.transaction():
        server.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(admin))
        )
        close_and_rename(server, name, new_name)


def _make_serving_role(server: Session, admin: str, role: str) -> None:
    """Make it as the sandbox's administrator would, who alone may hand it out; without a password."""
    with suppress(DuplicateObject), server.transaction():
        server.execute("SET LOCAL createrole_self_grant = 'set, inherit'")
        server.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(admin)))
        server.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(sql.Identifier(role)))


def see_alone(server: Session, name: str) -> None:
    """Wait until our own session in it has ended: PostgreSQL would look again only after 0.1 s."""
    deadline = time.monotonic() + _LEAVES_WITHIN_SECONDS
    inside = "SELECT datname FROM pg_stat_activity WHERE datname = %s"
    while server.execute(inside, [name]).fetchone() and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN_SECONDS)


def close_and_rename(server: Session, old: str, new: str) -> None:
    """Let nobody in any more, and give it its name: both or neither, inside the caller's transaction."""
    server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(old)))
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))
