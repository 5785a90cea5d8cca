"""Databases of one sandbox on a real server: who may enter, what a reset brings back, what failed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sandbox.errors import StartFailed
from sandbox.seeding.databases import DatabaseNames, administer, make_spare, put_spare_into_place
from sandbox.seeding.load import seed_all
from sandbox.seeding.plan import DatabaseWish, SeedingPlan


def plan(admin_url: str, loader: str | None, *, data: str = "/data", keeps: bool = False) -> SeedingPlan:
    wishes = [
        DatabaseWish(
            block=block,
            database=f"sbx_t_{block}",
            role=f"sbx_t_{block}",
            password=f"pw-{block}",
            loader=loader,
            keeps_through_reset=keeps,
        )
        for block in ("one", "two")
    ]
    return SeedingPlan(admin_url=admin_url, data=data, databases=tuple(wishes))


def role_url(admin_url: str, role: str, database: str) -> str:
    place = admin_url.rpartition("@")[2].partition("/")[0]
    return f"postgresql://sbx_t_{role}:pw-{role}@{place}/sbx_t_{database}"


def names_in(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM people ORDER BY name")]


def databases(admin: psycopg.Connection[Any]) -> set[str]:
    return {row[0] for row in admin.execute("SELECT datname FROM pg_database").fetchall()}


def seed(plan: SeedingPlan) -> list[str]:
    told: list[str] = []
    seed_all(plan, told.append)
    return sorted(told)


def test_every_block_is_loaded_and_served_by_its_own_role(admin_url: str, loader: str) -> None:
    assert seed(plan(admin_url, loader)) == ["one", "two"]
    assert names_in(role_url(admin_url, "one", "one")) == ["seeded"]


@pytest.mark.parametrize("database", ["two", "two__template", "two__spare", "one__template"])
def test_no_role_enters_another_database(admin_url: str, loader: str, database: str) -> None:
    seed(plan(admin_url, loader))
    with pytest.raises(psycopg.OperationalError, match=r"permission denied|not currently accepting"):
        psycopg.connect(role_url(admin_url, "one", database))


def test_a_reset_brings_back_what_was_seeded_and_ends_old_sessions(admin_url: str, loader: str) -> None:
    seed(plan(admin_url, loader))
    url = role_url(admin_url, "one", "one")
    names = DatabaseNames(live="sbx_t_one")
    for _ in range(2):
        session = psycopg.connect(url, autocommit=True)
        session.execute("INSERT INTO people VALUES ('added')")
        with administer(admin_url) as admin:
            make_spare(admin, names, "sbx_t_one")
            put_spare_into_place(admin, names)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
        session.close()
        assert names_in(url) == ["seeded"]


def test_what_a_reset_took_out_of_service_is_gone_when_the_next_spare_is_there(
    admin_url: str, loader: str
) -> None:
    seed(plan(admin_url, loader))
    names = DatabaseNames(live="sbx_t_one")
    with administer(admin_url) as admin:
        before = databases(admin)
        put_spare_into_place(admin, names)
        assert databases(admin) == {*before, names.retired} - {names.spare}
        make_spare(admin, names, "sbx_t_one")
        assert databases(admin) == before


def test_a_database_that_keeps_through_a_reset_has_no_template(admin_url: str, loader: str) -> None:
    seed(plan(admin_url, loader, keeps=True))
    with administer(admin_url) as admin:
        found = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'sbx_t_o%'").fetchall()
    assert found == [("sbx_t_one",)]


@pytest.mark.parametrize("keeps", [True, False])
def test_the_live_database_is_there_only_when_it_is_filled(
    admin_url: str, loader: str, monkeypatch: pytest.MonkeyPatch, keeps: bool
) -> None:
    seen: set[str] = set()
    load = sys.modules[loader].load

    def looking(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
        with administer(admin_url) as admin:
            seen.update(databases(admin) & {role})
        load(connection, data, role=role)

    monkeypatch.setattr(sys.modules[loader], "load", looking)
    seed(plan(admin_url, loader, keeps=keeps))
    assert seen == set()
    assert names_in(role_url(admin_url, "one", "one")) == ["seeded"]


def test_a_broken_loader_is_named_with_its_block(admin_url: str, loader: str) -> None:
    with pytest.raises(
        StartFailed, match=r"database of block 'one' could not be loaded: column 'x' is missing"
    ):
        seed(plan(admin_url, loader, data="/broken"))
