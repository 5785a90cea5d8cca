"""A request that comes once more gets its first answer, and nobody is written about but whom it names."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

GRANT = {
    "payeeFunctionalId": "PAYEE000000000000000",
    "amount": 20.5,
    "currency": "XTS",
    "status": "active",
    "programme": "cash-transfer",
}


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def test_a_change_of_what_it_looks_for_is_recognised_when_it_comes_again(ask: Any) -> None:
    wish = {"query": {"givenName": "Ben"}, "write": {"givenName": "Benjamin"}}
    first = ask("update", "individuals", **wish)
    assert first.json()["content"]["givenName"] == "Benjamin"
    assert ask("update", "individuals", **wish).json() == first.json()
    ask("update", "individuals", query={"individualId": "ZZ1"}, write={"givenName": "Bob"})
    assert ask("update", "individuals", **wish).status_code == 404


def test_a_change_of_several_is_recognised_when_it_comes_again(ask: Any) -> None:
    wish = {"query": {"familyName": "Ash"}, "write": {"familyName": "Oak"}}
    for _ in range(2):
        assert ask("updateEntries", "individuals", **wish).json() == {"count": 3}


def test_an_update_or_creation_that_comes_again_creates_nothing(ask: Any, client: TestClient) -> None:
    ask("create", "beneficiaries", write={**GRANT, "individualId": "ZZ0"})
    wish = {
        "query": {"individualId": "ZZ0", "status": "active"},
        "write": {**GRANT, "individualId": "ZZ0", "status": "ended"},
    }
    first = ask("updateOrCreate", "beneficiaries", **wish)
    assert ask("updateOrCreate", "beneficiaries", **wish).json() == first.json()
    assert client.get("/data/beneficiaries/1.0").json()["count"] == 1


def test_what_was_deleted_in_between_is_created_anew(ask: Any, client: TestClient) -> None:
    wish = {"query": {"individualId": "ZZ0", "programme": "p"}, "write": {**GRANT, "programme": "p"}}
    ids = []
    for _ in range(2):
        ids.append(ask("updateOrCreate", "beneficiaries", **wish).json()["content"]["beneficiaryId"])
        assert client.delete(f"/data/beneficiaries/1.0/{ids[-1]}/delete").status_code == 204
    assert ids == ["B1", "B2"]


@pytest.mark.parametrize("operation", ["update", "updateEntries", "updateOrCreate", "update-or-create"])
@pytest.mark.parametrize("registered", [True, False])
def test_nobody_else_is_written_about_than_the_query_names(
    ask: Any, client: TestClient, operation: str, registered: bool
) -> None:
    if registered:
        ask("create", "beneficiaries", write={**GRANT, "individualId": "ZZ0"})
    other = {**GRANT, "individualId": "ZZ1"}
    told = ask(operation, "beneficiaries", query={"individualId": "ZZ0"}, write=other)
    assert kind(told) == (400, "not-whom-the-query-names")
    listed = client.get("/data/beneficiaries/1.0").json()["results"]
    assert [each["individualId"] for each in listed] == ["ZZ0"] * registered


def test_what_is_created_is_about_whom_the_query_names(ask: Any) -> None:
    query = {"individualId": "ZZ1", "programme": "cash-transfer"}
    first = ask("updateOrCreate", "beneficiaries", query=query, write=GRANT)
    assert first.json()["content"]["individualId"] == "ZZ1"
    assert ask("updateOrCreate", "beneficiaries", query=query, write=GRANT).json() == first.json()
    assert kind(
        ask("updateOrCreate", "individuals", query={"individualId": "ZZ8"}, write={"individualId": "ZZ9"})
    ) == (400, "not-whom-the-query-names")


def test_every_change_says_who_asked_for_it_and_not_what(ask: Any, client: TestClient, database: str) -> None:
    ask("update", "individuals", query={"individualId": "ZZ1"}, write={"givenName": "Bob"})
    ask("update", "individuals", query={"individualId": "ZZ1"}, write={"givenName": "Bob"})
    client.delete("/data/individuals/1.0/ZZ1/delete")
    with psycopg.connect(database) as db:
        lines = db.execute(
            "SELECT operation, record_ids, application, exchange_id FROM changes ORDER BY id"
        ).fetchall()
    who = ("SBX/GOV/CENTRAL/registration", "ex-test")
    assert lines == [("update", ["ZZ1"], *who), ("delete", ["ZZ1"], *who)]


def test_whoever_is_told_a_record_by_changing_it_is_written_down(ask: Any, database: str) -> None:
    ask("update", "individuals", query={"individualId": "ZZ1"}, write={"givenName": "Bob"})
    ask("updateOrCreate", "individuals", query={"individualId": "ZZ1"}, write={})
    with psycopg.connect(database) as db:
        told = db.execute("SELECT individual_id, operation FROM usages ORDER BY id").fetchall()
    assert told == [("ZZ1", "update"), ("ZZ1", "updateOrCreate")]
