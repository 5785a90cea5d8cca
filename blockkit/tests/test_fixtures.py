"""Fixtures are entered whole or not at all, and what is wrong with them is said in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from blockkit.fixtures import FixturesUnusable, read_fixtures, with_fixtures
from blockkit.main import run_block
from blockkit.records import Connection
from blockkit.standalone import Server

MakeDatabase = Callable[..., str]


def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    connection.execute(f"CREATE TABLE things (name text PRIMARY KEY); GRANT SELECT ON things TO {role}")


def enter(db: Connection, document: Any) -> None:
    if not isinstance(document, list):
        raise FixturesUnusable("found no list of names, wanted one")
    for name in document:
        row = db.execute("INSERT INTO things VALUES (%s) RETURNING name", [name]).fetchone()
        assert row is not None
        assert row["name"] == name


def create_app(environment: Mapping[str, str]) -> FastAPI:
    raise AssertionError("nothing is served when the fixtures can't be used")


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_every_document_is_entered_after_the_schema_is_there(
    written: Callable[[str], Path], make_database: MakeDatabase
) -> None:
    documents = read_fixtures([written('["a", "b"]'), written('["c"]')])
    with psycopg.connect(make_database(with_fixtures(load, enter, documents))) as connection:
        assert connection.execute("SELECT name FROM things ORDER BY 1").fetchall() == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize(("text", "words"), [('["a", "a"]', "duplicate key"), ("{}", "wanted one")])
def test_a_document_that_does_not_fit_leaves_nothing_behind(
    written: Callable[[str], Path], postgres: Server, text: str, words: str
) -> None:
    file = written(text)
    loading = with_fixtures(load, enter, read_fixtures([written('["first"]'), file]))
    with psycopg.connect(postgres.url()) as connection:
        with pytest.raises(FixturesUnusable, match=words) as refused:
            loading(connection, Path(), role="public")
        assert str(file) in str(refused.value)
        connection.rollback()
        assert connection.execute("SELECT to_regclass('things')").fetchone() == (None,)


@pytest.mark.parametrize(
    ("text", "words"), [("[", "is not JSON"), ("[" * 100_000, "is not JSON"), (None, "can't be read")]
)
def test_a_file_that_is_none_is_named(
    written: Callable[[str], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str | None,
    words: str,
) -> None:
    file = written(text) if text is not None else tmp_path / "missing.json"
    arguments = ["serve", "--fixtures", str(file)]
    assert run_block("things", tmp_path, create_app, lambda: load, arguments, {}, lambda: enter) == 2
    said = capsys.readouterr().err
    assert str(file) in said
    assert words in said


def test_a_block_without_fixtures_and_one_in_a_sandbox_say_so(
    written: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["serve", "--fixtures", str(written("[]"))]
    assert run_block("things", tmp_path, create_app, lambda: load, arguments, {}) == 2
    assert "understands no fixtures" in capsys.readouterr().err
    sandboxed = {"SANDBOX_SECRET": "x"}
    assert run_block("things", tmp_path, create_app, lambda: load, arguments, sandboxed, lambda: enter) == 2
    assert "from `seed`" in capsys.readouterr().err
