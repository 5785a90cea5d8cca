"""Many sandboxes started at the same moment never meet, and no role enters another's database."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest

from sandbox.lifecycle.secrets import Secrets
from sandbox.runtime import InstanceSpec, Remains, Runtime, load_runtime
from sandbox.settings import Settings
from tests.e2e.conftest import User

FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
BLOCK = "payee-institutions"
AT_ONCE = {"local": 20 if FULL else 6, "docker": 20 if FULL else 3}
LIST = "SELECT datname FROM pg_database"
REFUSAL = re.compile("permission denied for database|pg_hba.conf|not currently accepting connections")


@dataclass(frozen=True)
class Role:
    """Somebody who can log in to a database server, and how the names of their own databases begin."""

    name: str
    password: str
    own: str

    def owns(self, database: str) -> bool:
        """A block has the live database and the next reset's; nobody enters what those are cloned from."""
        return database.startswith(self.own)


def roles_of(remains: Remains) -> list[Role]:
    """Everybody whom a sandbox's PostgreSQL knows: a serving role per block, and the administrator."""
    assert remains.spec is not None
    assert remains.site is not None
    database, secrets = remains.site.database, Secrets(remains.site.secret)
    lives = {slug: f"{database.prefix}_{slug.replace('-', '_')}" for slug in remains.spec.blocks}
    return [
        *(Role(live, secrets.database(slug), live) for slug, live in lives.items()),
        Role(database.user, database.password, database.prefix),
    ]


def start_together(user: User, names: Sequence[str]) -> Sequence[str]:
    """Start every sandbox at the same moment, each by a command of its own; give what each said."""
    starting = [
        user.starts(sys.executable, "-m", "sandbox", "up", "--block", BLOCK, "--size", "50", "--name", name)
        for name in names
    ]
    said = [process.communicate(timeout=600)[1] for process in starting]
    assert [process.returncode for process in starting] == [0] * len(names), "\n".join(said)
    return said


def standing(user: User, names: Sequence[str]) -> tuple[Runtime, list[Remains]]:
    """Look at what runs: everything is ready and nothing is shared."""
    listed = user.types("ls", "--json").value
    assert sorted(each["name"] for each in listed) == sorted(names)
    assert {each["state"] for each in listed} == {"running"}
    assert len({each["url"] for each in listed}) == len(names)
    runtime = load_runtime(user.runtime, Settings(home=user.home))
    remains = [each for each in runtime.list_sandboxes() if each.name in names]
    sites = [each.site for each in remains if each.site is not None]
    assert len({site.secret for site in sites}) == len(names)
    assert len({site.database.prefix for site in sites}) == len(names)
    addresses = [address for site in sites for address in site.addresses.values()]
    if user.runtime == "local":  # on Docker the same names mean another network's containers
        assert len(set(addresses)) == len(addresses)
    return runtime, remains


@pytest.fixture
def names(user: User) -> list[str]:
    return [f"s{number}" for number in range(1, AT_ONCE[user.runtime] + 1)]


@pytest.mark.campaign
def test_sandboxes_started_at_the_same_moment_never_collide(user: User, names: list[str]) -> None:
    said = start_together(user, names)
    runtime, remains = standing(user, names)
    if user.runtime == "local":
        # They have the same citizens: one loads them, the others wait for it and clone.
        assert sum("loading citizens into the blocks" in each for each in said) == 1, "\n".join(said)
        check_on_one_server(remains)
    else:
        check_from_inside(runtime, remains)
    removed = user.types("down", "--all", "--json")
    assert removed.code == 0, removed.err
    assert sorted(removed.value["removed"]) == sorted(names)
    assert user.remains() == []


def check_on_one_server(remains: Sequence[Remains]) -> None:
    """On `local` all share a server: every role is tried against every database there."""
    server = remains[0].site
    assert server is not None
    url = server.database.url
    with psycopg.connect(url(f"{server.database.prefix}_admin")) as connection:
        databases = [row[0] for row in connection.execute(LIST)]
    roles = [role for each in remains for role in roles_of(each)]

    def entered(role: Role) -> list[str]:
        return [name for name in databases if not _refused(url(name, user=role.name, password=role.password))]

    with ThreadPoolExecutor(8) as tries:
        for role, found in zip(roles, tries.map(entered, roles), strict=True):
            check_entered(role, found)


def check_entered(role: Role, found: Sequence[str]) -> None:
    """Whoever enters nothing at all was not tried; the rest are refused where they have no business."""
    assert found, f"{role.name} enters nothing, not even its own: the trial proves nothing"
    assert [name for name in found if not role.owns(name)] == [], role.name


def _refused(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=30).close()
    except psycopg.OperationalError as error:
        if REFUSAL.search(str(error)):
            return True
        raise  # a database that is not there, or a server that is too busy, refuses nobody
    return False


TRY = """
import json, os, psycopg
from concurrent.futures import ThreadPoolExecutor

def enters(url):
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True

wanted = json.loads(os.environ["GIVEN"])
with ThreadPoolExecutor(32) as tries:
    print("TOLD " + json.dumps([each for each, went in zip(wanted, tries.map(enters, wanted)) if went]))
"""

ASK = f"""
import json, os, psycopg
with psycopg.connect(json.loads(os.environ["GIVEN"])[0]) as connection:
    print("TOLD " + json.dumps([row[0] for row in connection.execute({LIST!r})]))
"""


def check_from_inside(runtime: Runtime, remains: Sequence[Remains]) -> None:
    """On `docker` each has its own server: every role is tried from inside, there and at the neighbours'."""
    for each in remains:
        assert each.site is not None
        own = each.site.database
        databases = _run_inside(runtime, each.name, ASK, [own.url(f"{own.prefix}_admin")])
        for role in roles_of(each):
            urls = [own.url(name, user=role.name, password=role.password) for name in databases]
            check_entered(
                role, [url.rpartition("/")[2] for url in _run_inside(runtime, each.name, TRY, urls)]
            )
        abroad = [
            neighbour.site.database.url(name, user=role.name, password=role.password)
            for neighbour in remains
            if neighbour.name != each.name and neighbour.site is not None
            for role in roles_of(neighbour)  # even with the neighbour's own passwords
            for name in {role.own, f"{neighbour.site.database.prefix}_admin"}
        ]
        assert _run_inside(runtime, each.name, TRY, abroad) == []


def _run_inside(runtime: Runtime, sandbox: str, program: str, given: Sequence[str]) -> list[str]:
    done = runtime.run_once(
        InstanceSpec(
            sandbox=sandbox,
            name="intruder",
            module="timeit",  # of the standard library: runs what it is given, once
            arguments=("-n", "1", "-r", "1", program),
            environment={"GIVEN": json.dumps(given)},
        )
    )
    assert done.exit_code == 0, done.log_tail
    (line,) = [line for line in done.log_tail.splitlines() if line.startswith("TOLD ")]
    told: list[str] = json.loads(line.removeprefix("TOLD "))
    return told
