from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from sandbox.runtime import SiteRequest
from sandbox.runtimes.local import server
from sandbox.runtimes.local.databases import drop_sandbox
from sandbox.runtimes.local.driver import LocalRuntime
from sandbox.runtimes.local.layout import Home


def databases(home_path: Path) -> set[str]:
    found = server.recorded_server(Home(home_path))
    assert found is not None
    with found.session() as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'sbx_')")
        return {row[0] for row in rows}


def roles(home_path: Path) -> set[str]:
    found = server.recorded_server(Home(home_path))
    assert found is not None
    with found.session() as connection:
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'sbx_')")
        return {row[0] for row in rows}


def make_block(runtime: LocalRuntime, request: SiteRequest, block: str) -> str:
    database = runtime.prepare(request).database
    name = f"{database.prefix}_{block}"
    with psycopg.connect(database.url(database.user), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN".encode())
        connection.execute(f"CREATE DATABASE {name} OWNER {name}".encode())
    return name


@pytest.mark.parametrize(("goes", "stays"), [("a", "ab"), ("a", "a-b"), ("a-b", "a"), ("a", "a-payments")])
def test_a_sandbox_whose_name_begins_alike_keeps_its_databases(
    runtime: LocalRuntime, request_for, home_path: Path, goes: str, stays: str
) -> None:
    kept = make_block(runtime, request_for(stays), "consent")
    make_block(runtime, request_for(goes), "payments")
    runtime.discard(goes)
    admin = kept.replace("_consent", "_admin")
    assert databases(home_path) == roles(home_path) == {kept, admin}


def test_an_open_session_and_a_template_do_not_keep_a_database(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    runtime.prepare(request_for("stays"))
    database = runtime.prepare(request_for("goes")).database
    admin = psycopg.connect(database.url(database.user), autocommit=True)
    admin.execute("CREATE DATABASE sbx_goes_template IS_TEMPLATE true ALLOW_CONNECTIONS false")
    runtime.discard("goes")
    with pytest.raises(psycopg.OperationalError):
        admin.execute("SELECT 1")
    admin.close()
    assert databases(home_path) == roles(home_path) == {"sbx_stays_admin"}


def test_a_database_whose_removal_was_cut_short_is_removed(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    runtime.prepare(request_for("stays"))
    name = make_block(runtime, request_for("one"), "payments")
    found = server.recorded_server(Home(home_path))
    assert found is not None
    with found.session() as connection:
        # What PostgreSQL writes before it removes the files.
        connection.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname = %s", [name])
    runtime.discard("one")
    assert databases(home_path) == roles(home_path) == {"sbx_stays_admin"}


def test_dropping_twice_is_no_error(runtime: LocalRuntime, request_for, home_path: Path) -> None:
    make_block(runtime, request_for("one"), "payments")
    found = server.recorded_server(Home(home_path))
    assert found is not None
    for _ in range(2):
        with found.session() as connection:
            drop_sandbox(connection, "sbx_one")
        assert databases(home_path) == roles(home_path) == set()


def test_databases_whose_folder_was_removed_by_hand_make_way_for_the_next_of_that_name(
    runtime: LocalRuntime, request_for, home_path: Path
) -> None:
    make_block(runtime, request_for("one"), "payments")
    Home(home_path).folder("one").path.rename(home_path / "taken-away")
    runtime.prepare(request_for("stays"))
    runtime.prepare(request_for("one"))
    assert databases(home_path) == {"sbx_stays_admin", "sbx_one_admin"}
