"""A sandbox's administrator on a real server, and a loader for it, for tests of several rooms."""

from __future__ import annotations

import secrets
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from blockkit.standalone import Server

ADMIN = "sbx_t_admin"


@pytest.fixture
def admin_url(postgres: Server) -> Iterator[str]:
    """An administrator as the runtimes make one: no superuser, may create roles and databases."""
    password = secrets.token_hex(8)
    with psycopg.connect(postgres.url(), autocommit=True) as root:
        root.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER CREATEDB CREATEROLE PASSWORD {}").format(
                sql.Identifier(ADMIN), sql.Literal(password)
            )
        )
        root.execute(
            sql.SQL("ALTER ROLE {} SET createrole_self_grant = 'set, inherit'").format(sql.Identifier(ADMIN))
        )
        root.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(ADMIN), sql.Identifier(ADMIN))
        )
        yield postgres.url(ADMIN, user=ADMIN, password=password)
        names = root.execute("SELECT datname FROM pg_database WHERE datname LIKE 'sbx%'").fetchall()
        for (name,) in names:
            root.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        roles = root.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'sbx%'").fetchall()
        for (role,) in sorted(roles, key=lambda row: row[0] == ADMIN):
            root.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> str:
    """A block's loader, importable by name."""

    def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
        if data.name == "broken":
            raise ValueError("column 'x' is missing in persons.parquet")
        connection.execute("CREATE TABLE people (name text)")
        connection.execute("INSERT INTO people VALUES ('seeded')")
        connection.execute(sql.SQL("GRANT SELECT, INSERT ON people TO {}").format(sql.Identifier(role)))

    module = types.ModuleType("a_loader_of_this_test")
    module.load = load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__
