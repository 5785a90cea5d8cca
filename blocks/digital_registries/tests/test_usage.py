"""Whoever learns something about a person is written down, and the person may ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble

Ask = Callable[..., Any]


@pytest.fixture
def usage(client: TestClient, peers: PeersDouble) -> Callable[..., Any]:
    """Ask who read about a person in a registry, as the person unless a token is given."""

    def call(person: str, registry: str = "individuals", token: str | None = None) -> Any:
        return client.get(
            "/data/myPersonalDataUsage",
            params={"userId": person, "databaseId": registry},
            headers={"Authorization": token or peers.token(person, "citizen")},
        )

    return call


def test_every_way_of_reading_is_written_down(
    ask: Ask, client: TestClient, usage: Callable[..., Any]
) -> None:
    assert usage("ZZ1").status_code == 404
    ask("read", "individuals", query={"individualId": "ZZ1"})
    ask("exists", "individuals", query={"individualId": "ZZ1", "alive": True})
    client.get("/data/individuals/1.0/ZZ1/readValue/givenName.json")
    client.get("/data/individuals/1.0", params={"query.householdId": "HH-0"})
    lines = usage("ZZ1").json()
    assert [line["operation"] for line in lines] == ["read", "exists", "readValue", "list"]
    assert {line["readerId"] for line in lines} == {"SBX/GOV/CENTRAL/registration"}
    assert lines[0]["refrences"] == [{"ReferenceID": "ZZ1"}]
    assert lines[0]["exchangeId"] == "ex-test"
    assert len(usage("ZZ0").json()) == 1


def test_a_household_is_about_its_head(ask: Ask, usage: Callable[..., Any]) -> None:
    ask("read", "households", query={"householdId": "HH-1"})
    assert len(usage("ZZ3", "households").json()) == 1
    assert usage("ZZ4", "households").status_code == 404


def test_a_question_that_found_nobody_leaves_no_line(ask: Ask, usage: Callable[..., Any]) -> None:
    ask("exists", "individuals", query={"individualId": "ZZ1", "alive": False})
    assert usage("ZZ1").status_code == 404


def test_only_the_person_or_a_registrar_may_ask(
    ask: Ask, client: TestClient, usage: Callable[..., Any], peers: PeersDouble
) -> None:
    ask("read", "individuals", query={"individualId": "ZZ1"})
    assert usage("ZZ1", token=peers.token("ZZ0", "citizen")).status_code == 403
    assert usage("ZZ1", token=peers.token("STAFF-registrar", "registrar")).status_code == 200
    nobody = client.get("/data/myPersonalDataUsage", params={"userId": "ZZ1", "databaseId": "individuals"})
    assert nobody.status_code == 401


@pytest.mark.parametrize(
    "attack",
    [
        f"{begin} {table}{end}"
        for table in ("usages", "changes")
        for begin, end in (("DELETE FROM", ""), ("UPDATE", " SET person = 'x'"), ("TRUNCATE", ""))
    ],
)
def test_the_logs_can_not_be_changed(database: str, attack: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(attack)
