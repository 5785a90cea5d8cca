"""Loaded databases that outlive their sandbox: whose they are then, and what a killed command leaves."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from sandbox.runtime import Loaded, Site
from sandbox.runtimes.grants import strangers
from sandbox.runtimes.kept import OWNER, PREFIX, READER
from sandbox.runtimes.local.driver import LocalRuntime
from sandbox.runtimes.local.keeping import LocalKeeper
from sandbox.runtimes.local.layout import Home
from sandbox.runtimes.local.server import Server, recorded_server
from sandbox.seeding.databases import DatabaseNames, administer, close_template, create_database, create_role
from tests.unit.runtimes.local.conftest import MakeRequest

KEY = "0123456789abcdef0123456789abcdef"
NO_DATA = Path("/nowhere")
"""Here a database is kept by copying it."""
ROWS = 1000
SEED = 20261127
POINTS = 40 if os.environ.get("SANDBOX_CAMPAIGN") == "full" else 5
STATEMENTS = """
CREATE TABLE people (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, "Odd Name" text);
CREATE FUNCTION twice(given bigint) RETURNS bigint LANGUAGE sql AS 'SELECT given * 2';
INSERT INTO people (name) SELECT 'person ' || n FROM generate_series(1, {rows}) AS n;
GRANT SELECT, INSERT ON people TO {role};
GRANT UPDATE (name, "Odd Name") ON people TO {role}
"""


@pytest.fixture
def keeper(home_path: Path, runtime: LocalRuntime) -> Iterator[LocalKeeper]:
    keeper = LocalKeeper(home_path)
    yield keeper
    keeper.forget([each.key for each in keeper.kept()])


def wanted(site: Site, key: str = KEY) -> Loaded:
    role = f"{site.database.prefix}_payments"
    return Loaded(
        key=key,
        database=DatabaseNames(live=role).template,
        role=role,
        block="payments",
        loader="blocks.payments.seed",
        population="p",
    )


def load(site: Site) -> Loaded:
    """Load what a block would, as the seeding program does."""
    loaded = wanted(site)
    admin_url = site.database.url(site.database.user)
    with administer(admin_url) as admin:
        create_role(admin, loaded.role, "pw")
        create_database(admin, loaded.database, loaded.role)
        with psycopg.connect(site.database.url(loaded.database)) as owner:
            owner.execute(STATEMENTS.format(role=loaded.role, rows=ROWS).encode())
        close_template(admin, DatabaseNames(live=loaded.role))
    return loaded


def go_live(site: Site, loaded: Loaded) -> str:
    """Clone the template as the seeding program does; gives the serving role's URL."""
    with administer(site.database.url(site.database.user)) as admin:
        create_role(admin, loaded.role, "pw")
        create_database(admin, loaded.role, loaded.role, template=loaded.database)
    return site.database.url(loaded.role, user=loaded.role, password="pw")


def server_of(home: Path) -> Server:
    server = recorded_server(Home(home))
    assert server is not None
    return server


def databases(home: Path, prefix: str = PREFIX) -> set[str]:
    with server_of(home).session() as connection:
        return {
            name
            for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()
            if name.startswith(prefix)
        }


def test_what_one_sandbox_loaded_serves_the_next_under_its_own_roles(
    runtime: LocalRuntime, keeper: LocalKeeper, request_for: MakeRequest
) -> None:
    first = runtime.prepare(request_for("first"))
    keeper.keep("first", [load(first)], NO_DATA)
    runtime.discard("first")
    second = runtime.prepare(request_for("second"))
    assert list(keeper.restore("second", [wanted(second)])) == [wanted(second)]
    with psycopg.connect(go_live(second, wanted(second)), autocommit=True) as serving:
        assert serving.execute("SELECT count(*), twice(2) FROM people").fetchone() == (ROWS, 4)
        serving.execute("INSERT INTO people (name) VALUES ('new')")
        serving.execute("UPDATE people SET \"Odd Name\" = 'x'")
        for refused in ("DELETE FROM people", "UPDATE people SET number = DEFAULT", "DROP TABLE people"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                serving.execute(refused.encode())
    with psycopg.connect(second.database.url(wanted(second).role)) as admin:
        admin.execute("ALTER TABLE people ADD COLUMN more text")


def test_nothing_of_the_sandbox_is_in_what_is_kept(
    runtime: LocalRuntime, keeper: LocalKeeper, request_for: MakeRequest, home_path: Path
) -> None:
    site = runtime.prepare(request_for("first"))
    keeper.keep("first", [load(site)], NO_DATA)
    name = PREFIX + KEY
    with server_of(home_path).session() as connection:
        facts = (
            "SELECT rolname, datallowconn, datacl::text FROM pg_database JOIN pg_roles r ON r.oid = datdba"
        )
        assert connection.execute(f"{facts} WHERE datname = '{name}'".encode()).fetchone() == (
            "postgres",
            False,
            "{postgres=CTc/postgres}",
        )
        roles = "SELECT rolcanlogin FROM pg_roles WHERE rolname = ANY(%s)"
        assert connection.execute(roles, [[OWNER, READER]]).fetchall() == [(False,), (False,)]
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
    with server_of(home_path).session(database=name) as inside:
        assert strangers(inside, (OWNER, READER)) == []
    runtime.discard("first")


def test_the_last_sandbox_takes_the_server_with_it_and_leaves_what_is_kept(
    runtime: LocalRuntime, keeper: LocalKeeper, request_for: MakeRequest, home_path: Path
) -> None:
    site = runtime.prepare(request_for("first"))
    keeper.keep("first", [load(site)], NO_DATA)
    runtime.discard("first")
    assert recorded_server(Home(home_path)) is None
    assert [(each.key, each.block) for each in keeper.kept()] == [(KEY, "payments")]
    runtime.prepare(request_for("second"))
    assert databases(home_path) == {PREFIX + KEY}
    assert databases(home_path, "sbx_first") == set()


def test_a_database_granted_to_others_than_its_serving_role_is_not_kept(
    runtime: LocalRuntime, keeper: LocalKeeper, request_for: MakeRequest, home_path: Path
) -> None:
    site = runtime.prepare(request_for("first"))
    with administer(site.database.url(site.database.user)) as admin:
        create_role(admin, f"{site.database.prefix}_other", "pw")
        admin.execute(f"GRANT CREATE ON DATABASE {site.database.user} TO {site.database.prefix}_other")
    loaded = load(site)
    with server_of(home_path).session() as connection:
        connection.execute(f"ALTER DATABASE {loaded.database} ALLOW_CONNECTIONS true".encode())
    with psycopg.connect(site.database.url(loaded.database)) as owner:
        owner.execute(f"GRANT SELECT ON people TO {site.database.prefix}_other".encode())
    keeper.keep("first", [loaded], NO_DATA)
    assert list(keeper.kept()) == []
    assert databases(home_path) == set()


def test_what_is_forgotten_is_loaded_again(
    runtime: LocalRuntime, keeper: LocalKeeper, request_for: MakeRequest, home_path: Path
) -> None:
    site = runtime.prepare(request_for("first"))
    keeper.keep("first", [load(site)], NO_DATA)
    keeper.forget([KEY])
    assert list(keeper.kept()) == []
    assert databases(home_path) == set()
    runtime.prepare(request_for("second"))
    assert list(keeper.restore("second", [wanted(site)])) == []


def test_many_sandboxes_clone_the_same_at_once(
    runtime: LocalRuntime, keeper: LocalKeeper, request_for: MakeRequest
) -> None:
    site = runtime.prepare(request_for("first"))
    keeper.keep("first", [load(site)], NO_DATA)
    names = [f"s-{number}" for number in range(4)]
    sites = {name: runtime.prepare(request_for(name)) for name in names}
    with ThreadPoolExecutor() as workers:
        made = list(workers.map(lambda name: keeper.restore(name, [wanted(sites[name])]), names))
    assert [list(each) for each in made] == [[wanted(sites[name])] for name in names]
    for name in names:
        with psycopg.connect(go_live(sites[name], wanted(sites[name]))) as serving:
            assert serving.execute("SELECT count(*) FROM people").fetchone() == (ROWS,)


KILLED = """
import os, signal, sys
import psycopg
from pathlib import Path
from sandbox.runtime import Loaded
from sandbox.runtimes.local.keeping import LocalKeeper
home, point, *given = sys.argv[1:]
seen, original = 0, psycopg.Connection.execute
def execute(self, *arguments, **named):
    global seen
    seen += 1
    if seen == int(point):
        os.kill(os.getpid(), signal.SIGKILL)
    return original(self, *arguments, **named)
psycopg.Connection.execute = execute
key, database, role = given
LocalKeeper(Path(home)).keep("victim", [
    Loaded(key=key, database=database, role=role, block="payments", loader="m", population="p")], Path())
print(seen)
"""


def keep_and_be_killed(home: Path, point: int, loaded: Loaded) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(home), str(point), loaded.key, loaded.database, loaded.role],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.campaign
def test_keeping_that_is_killed_leaves_nothing_that_is_taken_for_whole(
    runtime: LocalRuntime, keeper: LocalKeeper, request_for: MakeRequest, home_path: Path
) -> None:
    loaded = load(runtime.prepare(request_for("victim")))
    whole = keep_and_be_killed(home_path, 0, loaded)
    assert whole.returncode == 0, whole.stderr
    statements = int(whole.stdout)
    keeper.forget([KEY])
    points = sorted(random.Random(SEED).sample(range(1, statements + 1), min(POINTS, statements)))
    print(f"seed {SEED}, of {statements} statements killed before {points}")
    for point in points:
        assert keep_and_be_killed(home_path, point, loaded).returncode == -9
        other = runtime.prepare(request_for("other"))
        for each in keeper.restore("other", [wanted(other)]):
            with psycopg.connect(go_live(other, each)) as serving:
                assert serving.execute("SELECT count(*) FROM people").fetchone() == (ROWS,)
        runtime.discard("other")
        runtime.discard("victim")
        runtime.prepare(request_for("bystander"))
        assert databases(home_path, "sbx_victim") == set(), f"killed at {point}"
        loaded = load(runtime.prepare(request_for("victim")))
        keeper.keep("victim", [loaded], NO_DATA)
        assert [each.key for each in keeper.kept()] == [KEY]
        keeper.forget([KEY])
        runtime.discard("bystander")
