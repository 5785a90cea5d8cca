"""A block may be started before its database is there, and serves as soon as it is."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from blockkit.problems import Problem
from blockkit.records import Records
from blockkit.standalone import Server


@pytest.fixture
def absent(postgres: Server) -> Iterator[str]:
    """A name that no database has yet."""
    name = f"late_{secrets.token_hex(4)}"
    yield name
    with psycopg.connect(postgres.url(), autocommit=True) as root:
        root.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def make(postgres: Server, name: str) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as root:
        root.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def test_work_begins_once_when_the_database_is_there(postgres: Server, absent: str) -> None:
    begun: list[str] = []
    records = Records(postgres.url(absent))
    records.open(lambda: begun.append("work"))
    assert not records.answers()
    with pytest.raises(Problem, match="can't reach its database"), records.transaction():
        pass
    assert begun == []
    make(postgres, absent)
    with records.transaction() as db:
        assert db.execute("SELECT 1 AS one").fetchone() == {"one": 1}
    assert records.answers()
    assert begun == ["work"]
    records.close()


def test_with_a_database_work_begins_when_it_is_opened(postgres: Server, absent: str) -> None:
    make(postgres, absent)
    begun: list[str] = []
    records = Records(postgres.url(absent))
    records.open(lambda: begun.append("work"))
    assert begun == ["work"]
    records.close()
