"""A query reads the population's tables, can do nothing else, and stops when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from sandbox.errors import ContentError, RuntimeFailure, SandboxError, UsageError
from sandbox.population.export.query import READ_ONLY, ask
from sandbox.population.files.asking import open_views
from tests.fakes.generated_population import Generated
from tests.fakes.waiting import eventually


def rows(population: Generated, sql: str, **options: str) -> list[tuple[object, ...]]:
    with ask(population.folder, population.manifest, sql, **options) as answer:
        return [row for batch in answer.batches for row in batch]


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_table_is_there_by_its_name(small: Generated) -> None:
    for table, described in small.manifest.tables.items():
        assert rows(small, f"SELECT count(*) FROM {table}") == [(described.rows,)]
    assert {name for (name,) in rows(small, "SHOW TABLES")} == set(small.manifest.tables)


def test_columns_that_come_twice_get_names_of_their_own(small: Generated) -> None:
    with ask(small.folder, small.manifest, "SELECT 1 AS a, 2 AS a, 3 AS a") as answer:
        assert len(set(answer.columns)) == 3
        assert list(answer.batches) == [[(1, 2, 3)]]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY persons TO '{elsewhere}/x.csv'",
        "COPY (SELECT 1) TO '{folder}/accounts.parquet' (USE_TMP_FILE false)",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/accounts.parquet' (USE_TMP_FILE false)",
        "explain\nanalyze copy (select 1) to '{folder}/accounts.parquet' (use_tmp_file false)",
        "ATTACH '{elsewhere}/other.db'",
        "EXPORT DATABASE '{elsewhere}/all'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/other.csv'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM 'https://127.0.0.1:1/x.parquet'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET enable_external_access",
        "PRAGMA temp_directory='{elsewhere}'",
        "CREATE TABLE mine AS SELECT 1",
        "DROP VIEW persons",
        "CALL pragma_version()",
    ],
)
def test_what_is_more_than_reading_is_refused_and_changes_nothing(
    small: Generated, tmp_path: Path, sql: str
) -> None:
    before = everything(small.folder)
    with pytest.raises(UsageError) as refused:
        rows(small, sql.format(elsewhere=tmp_path, folder=str(small.folder).replace("'", "''")))
    assert str(refused.value).startswith(READ_ONLY)
    assert refused.value.hint
    assert list(tmp_path.iterdir()) == []
    assert everything(small.folder) == before


def test_the_locks_hold_without_the_check_of_statements(small: Generated, tmp_path: Path) -> None:
    with open_views(small.folder, small.manifest) as connection:
        for sql in (
            f"COPY persons TO '{tmp_path}/x.csv'",
            f"ATTACH '{tmp_path}/x.db'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET enable_external_access = true",
            "SET memory_limit = '100GB'",
            "SELECT * FROM read_csv('/etc/passwd')",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(sql)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("", "the query is empty"),
        ("-- nothing", "the query is empty"),
        ("SELECT 1; SELECT 2", "there are 2 statements"),
        ("SELECT * FRO persons", "syntax error"),
        ("SELECT * FROM nosuch", "nosuch does not exist"),
        ("SELECT given_name::int FROM persons", "Could not convert"),
    ],
)
def test_wrong_sql_is_told_in_a_few_lines(small: Generated, sql: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        rows(small, sql)
    assert len(str(refused.value).splitlines()) <= 6
    assert refused.value.exit_code == 2


def test_a_query_that_needs_too_much_memory_fails_with_words(small: Generated) -> None:
    sql = "SELECT a.email, row_number() OVER () n FROM persons a, persons b, persons c ORDER BY n DESC"
    with pytest.raises(RuntimeFailure, match="needs more memory"):
        rows(small, sql, memory="60MB")


def test_a_table_that_is_missing_or_damaged_is_named(small: Generated, tmp_path: Path) -> None:
    for name, data in everything(small.folder).items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "persons.parquet").write_bytes(everything(small.folder)["persons.parquet"][:1000])
    with pytest.raises(ContentError, match=r"persons\.parquet"):
        rows(Generated(small.pack, tmp_path, small.manifest), "SELECT 1")
    (tmp_path / "persons.parquet").unlink()
    with pytest.raises(ContentError, match=r"persons\.parquet"):
        rows(Generated(small.pack, tmp_path, small.manifest), "SELECT 1")


def test_a_folder_whose_name_is_a_pattern_is_refused(small: Generated, tmp_path: Path) -> None:
    folder = tmp_path / "people[1]"
    folder.mkdir()
    for name, data in everything(small.folder).items():
        (folder / name).write_bytes(data)
    with pytest.raises(SandboxError, match="other names"):
        rows(Generated(small.pack, folder, small.manifest), "SELECT 1")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "SANDBOX_HOME": str(tmp_path / "home"), "PYTHONUNBUFFERED": "1"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM persons a, persons b, persons c, persons d WHERE a.phone || b.phone = d.email",
        "SELECT a.given_name FROM persons a, persons b, persons c, persons d",
    ],
    ids=["within-the-query", "while-rows-come"],
)
def test_a_heavy_query_ends_when_it_is_told_to(
    small: Generated, environment: dict[str, str], number: int, sql: str, tmp_path: Path
) -> None:
    mark = tmp_path / "begun"
    # The program is ours; the mark says when DuckDB has begun, so that the signal meets the query.
    program = (
        "import sys, pathlib, sandbox.population.export.query as q\n"
        "before = q._wait_for\n"
        "def wait_for(connection, work):\n"
        f"    pathlib.Path({str(mark)!r}).touch()\n"
        "    return before(connection, work)\n"
        "q._wait_for = wait_for\n"
        "from sandbox.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "data", "query", sql, str(small.folder), "--csv"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            eventually(mark.exists)
            process.send_signal(number)
            _, told = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130, told
    assert told == "interrupted\n"
