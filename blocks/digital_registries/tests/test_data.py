"""Records are found by what they contain and written by their registry's schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.testing import as_mediator, environment_for
from blocks.digital_registries import listing
from blocks.digital_registries.app import create_app
from blocks.digital_registries.seed import load

Ask = Callable[..., Any]
GRANT = {
    "individualId": "ZZ0",
    "payeeFunctionalId": "PAYEE000000000000000",
    "amount": 20.5,
    "currency": "XTS",
    "status": "active",
    "programme": "cash-transfer",
}


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def test_the_seeded_registries_hold_the_population(ask: Ask) -> None:
    person = ask("read", "individuals", query={"individualId": "ZZ0"}).json()["content"]
    assert person == {
        "individualId": "ZZ0",
        "givenName": "Ada",
        "familyName": "Ash",
        "sex": "female",
        "birthDate": "1980-01-31",
        "alive": True,
        "deathDate": None,
        "householdId": "HH-0",
    }
    household = ask("read", "households", query={"individualId": "ZZ0"}).json()["content"]
    assert household["members"] == ["ZZ0", "ZZ1", "ZZ2"]
    assert (household["size"], household["employed_adults"], household["monthly_income"]) == (3, 4, 12_345)


SUBJECTS = {
    "organisations": {
        "organisationId": "REG-1",
        "name": "Lamp Works",
        "kind": "company",
        "sector": "manufacturing",
        "district": "South",
        "foundedOn": "2010-02-03",
        "directorId": "ZZ4",
        "email": "b@post.example",
    },
    "products": {
        "productId": "PR-0",
        "name": "lamp",
        "category": "lamps",
        "organisationId": "REG-1",
        "unitWeightGrams": 96,
        "unitsOnMarket": 13_845,
        "year": 2025,
    },
    "parcels": {
        "parcelId": "PA-0",
        "ownerId": "ZZ0",
        "district": "North",
        "areaM2": 1010,
        "landUse": "residential",
    },
    "districts": {
        "unitId": "ZZ-01-01",
        "name": "North",
        "nameLatin": "North",
        "level": 2,
        "levelName": "district",
        "parentId": "ZZ-01",
        "urban": True,
    },
    "licences": {
        "licenceId": "LI-0",
        "organisationId": "REG-1",
        "kind": "producer-registration",
        "issuedOn": "2021-02-18",
        "expiresOn": "2026-02-18",
        "status": "valid",
    },
}


@pytest.mark.parametrize("registry", SUBJECTS)
def test_organisations_goods_land_and_licences_are_there(ask: Ask, registry: str) -> None:
    wanted = SUBJECTS[registry]
    key = next(iter(wanted))
    assert ask("read", registry, query={key: wanted[key]}).json()["content"] == wanted
    assert ask("update", registry, query={key: wanted[key]}, write=wanted).status_code == 200


def test_an_owner_whom_the_register_of_persons_does_not_know_is_left_out(ask: Ask) -> None:
    assert "ownerId" not in ask("read", "parcels", query={"parcelId": "PA-1"}).json()["content"]


def test_seeded_records_fit_their_own_schema(ask: Ask) -> None:
    for n in range(5):
        same = ask("read", "individuals", query={"individualId": f"ZZ{n}"}).json()["content"]
        assert ask("update", "individuals", query={"individualId": f"ZZ{n}"}, write=same).status_code == 200
    for n in range(2):
        assert ask("update", "households", query={"householdId": f"HH-{n}"}, write={}).status_code == 200


def test_exists_answers_yes_or_no(ask: Ask) -> None:
    def exists(**content: Any) -> bool:
        return bool(ask("exists", "individuals", query=content).json()["answer"]["status"])

    assert exists(individualId="ZZ0", alive=True)
    assert not exists(individualId="ZZ0", alive=False)
    assert not exists(individualId="NOBODY")


def test_what_is_not_there_is_named(ask: Ask) -> None:
    missing = ask("read", "individuals", query={"individualId": "NOBODY"})
    assert (missing.status_code, missing.json()["detail"]) == (404, "no record found")
    assert kind(ask("read", "nothing", query={"a": "b"})) == (404, "no-such-registry")
    assert kind(ask("read", "individuals", "9.9", query={"a": "b"})) == (404, "no-such-registry")


@pytest.mark.parametrize("value", [{}, ["ZZ0"], 7, None, True])
def test_a_value_of_another_type_than_its_field_is_refused(ask: Ask, value: Any) -> None:
    for operation in ("read", "exists", "update", "updateOrCreate"):
        parts = {"write": {}} if operation.startswith("update") else {}
        told = ask(operation, "individuals", query={"individualId": value}, **parts)
        assert kind(told) == (400, "value-refused")


@pytest.mark.parametrize("operation", ["read", "exists"])
def test_an_empty_query_does_not_mean_anybody(ask: Ask, operation: str) -> None:
    assert kind(ask(operation, "individuals", query={})) == (400, "query-empty")


def test_a_record_is_numbered_created_changed_and_deleted(ask: Ask, client: TestClient) -> None:
    created = ask("create", "beneficiaries", write=GRANT).json()["content"]
    assert created == {**GRANT, "beneficiaryId": "B1"}
    changed = ask("update", "beneficiaries", query={"beneficiaryId": "B1"}, write={"status": "ended"})
    assert changed.json()["content"]["status"] == "ended"
    value = client.get("/data/beneficiaries/1.0/B1/readValue/status.json")
    assert value.json() == {"value": "ended"}
    assert client.delete("/data/beneficiaries/1.0/B1/delete").status_code == 204
    assert client.delete("/data/beneficiaries/1.0/B1/delete").status_code == 204
    assert client.delete("/data/beneficiaries/1.0/B2/delete").status_code == 404
    assert client.get("/data/beneficiaries/1.0/B1/readValue/status.json").status_code == 404


def test_the_same_creation_again_gives_the_first_answer_and_another_is_refused(ask: Ask) -> None:
    first = ask("create", "beneficiaries", write=GRANT)
    assert ask("create", "beneficiaries", write=GRANT).json() == first.json()
    other = {**GRANT, "amount": 99}
    assert kind(ask("create", "beneficiaries", write=other)) == (409, "record-exists")
    person = ask("read", "individuals", query={"individualId": "ZZ0"}).json()["content"]
    assert ask("create", "individuals", write=person).json()["content"] == person
    taken = {**person, "givenName": "Eve"}
    assert kind(ask("create", "individuals", write=taken)) == (409, "record-exists")


def test_all_records_that_fit_are_changed_or_none(ask: Ask, client: TestClient) -> None:
    def update(query: dict[str, Any], write: dict[str, Any]) -> Any:
        body = {"query": {"content": query}, "write": {"content": write}}
        return client.put("/data/individuals/1.0/updateEntries", json=body)

    def families() -> list[str]:
        told = client.get("/data/individuals/1.0", params={"query.householdId": "HH-0"}).json()
        return [person["familyName"] for person in told["results"]]

    assert update({"householdId": "HH-0"}, {"familyName": "Oak"}).json() == {"count": 3}
    assert update({"householdId": "HH-0"}, {"familyName": "Fir", "sex": "tree"}).status_code == 400
    assert families() == ["Oak"] * 3
    assert update({"householdId": "HH-9"}, {"familyName": "Fir"}).status_code == 404
    assert kind(update({"householdId": "HH-0"}, {"individualId": "ZZ0"})) == (400, "id-is-final")


def test_update_or_create_does_the_one_or_the_other(ask: Ask) -> None:
    query = {"individualId": "ZZ0", "programme": "cash-transfer"}
    for status in ("active", "suspended"):
        told = ask("updateOrCreate", "beneficiaries", query=query, write={**GRANT, "status": status})
        assert told.json()["content"] == {**GRANT, "status": status, "beneficiaryId": "B1"}


def test_one_record_comes_of_many_at_the_same_moment(ask: Ask, client: TestClient) -> None:
    query = {"individualId": "ZZ0", "programme": "cash-transfer"}
    with ThreadPoolExecutor(8) as crowd:
        told = list(
            crowd.map(lambda _: ask("updateOrCreate", "beneficiaries", query=query, write=GRANT), range(16))
        )
    assert {answer.json()["content"]["beneficiaryId"] for answer in told} == {"B1"}
    assert client.get("/data/beneficiaries/1.0").json()["count"] == 1


def test_two_changes_at_the_same_moment_both_last(ask: Ask, database: str) -> None:
    ask("create", "beneficiaries", write=GRANT)
    blocked = """SELECT count(*) FROM pg_stat_activity
                  WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    with ThreadPoolExecutor(1) as other, psycopg.connect(database) as first:
        first.execute("SELECT FROM registries WHERE code = 'beneficiaries' FOR NO KEY UPDATE")
        first.execute("UPDATE records SET content = content || '{\"amount\": 99}' WHERE record_id = 'B1'")
        second = other.submit(
            ask, "update", "beneficiaries", query={"beneficiaryId": "B1"}, write={"status": "ended"}
        )
        with psycopg.connect(database, autocommit=True) as watcher:
            while not second.done() and watcher.execute(blocked).fetchone() == (0,):
                pass
        first.commit()
        content = second.result().json()["content"]
    assert (content["amount"], content["status"]) == (99, "ended")


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 0},
        {"amount": "20"},
        {"payeeFunctionalId": "short"},
        {"status": "rich"},
        {"unheardOf": 1},
        {"individualId": None},
    ],
)
def test_a_record_that_does_not_fit_the_schema_is_refused(
    ask: Ask, client: TestClient, changed: dict[str, Any]
) -> None:
    assert kind(ask("create", "beneficiaries", write={**GRANT, **changed}))[0] == 400
    assert client.get("/data/beneficiaries/1.0").json()["count"] == 0


def test_a_fault_names_the_place_and_not_the_value(ask: Ask) -> None:
    refused = ask("create", "beneficiaries", write={**GRANT, "payeeFunctionalId": "a-real-number"})
    assert refused.json()["faults"][0]["at"] == "$.payeeFunctionalId"
    assert "a-real-number" not in refused.text


def test_an_id_stays_and_an_ambiguous_change_is_refused(ask: Ask) -> None:
    write = {"individualId": "ZZ9"}
    home = {"householdId": "HH-1", "familyName": "Elm"}
    assert kind(ask("update", "individuals", query=home, write=write)) == (400, "id-is-final")
    everybody = ask("update", "individuals", query={"alive": True}, write={"alive": False})
    assert kind(everybody) == (409, "several-records")


def test_lists_are_filtered_searched_ordered_and_paged(client: TestClient) -> None:
    def ids(**question: Any) -> list[str]:
        told = client.get("/data/individuals/1.0", params=question).json()
        return [record["individualId"] for record in told["results"]]

    assert ids(**{"query.householdId": "HH-1"}) == ["ZZ3", "ZZ4"]
    assert ids(**{"query.alive": "true", "query.sex": "male"}) == ["ZZ1", "ZZ4"]
    assert ids(search="aSh") == ["ZZ0", "ZZ1", "ZZ2"]
    assert ids(search="_") == ["ZZ2"]
    assert ids(search="^(ada|ben)$", filter="givenName") == ["ZZ0", "ZZ1"]
    assert ids(search="O'Neil (") == []
    assert ids(search="(a)\\1", filter="givenName") == []
    assert ids(search="***=x") == []
    assert ids(search="male", filter="givenName") == []
    assert ids(ordering="-birthDate", pageSize=2) == ["ZZ4", "ZZ3"]
    assert ids(ordering="descending", pageSize=1) == ["ZZ4"]
    page = client.get("/data/individuals/1.0", params={"pageSize": 2, "page": 2}).json()
    assert (page["count"], len(page["results"])) == (5, 2)
    assert page["previous"] == "/data/individuals/1.0?pageSize=2&page=1"
    following = client.get(page["next"]).json()
    assert ("next" in following, len(following["results"])) == (False, 1)


def test_an_expression_that_takes_too_long_is_given_up(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LONGEST_SEARCH", "1ms")
    monkeypatch.setattr(
        listing, "SEARCHED", listing.SEARCHED.replace("value ~*", "pg_sleep(1) IS NOT NULL AND value ~*")
    )
    answer = client.get("/data/individuals/1.0", params={"search": "a"})
    assert kind(answer) == (400, "search-too-long")
    assert client.get("/data/individuals/1.0").status_code == 200


INJECTIONS = [
    "x') OR true --",
    "individualId' = 'ZZ0",
    'a"b',
    "%s",
    "%(by)s",
    "$.x",
    "alive; DROP TABLE records",
]


@pytest.mark.parametrize("attack", INJECTIONS)
def test_a_statement_in_a_fields_name_is_an_unknown_field(ask: Ask, client: TestClient, attack: str) -> None:
    url = "/data/individuals/1.0"
    for question in ({f"query.{attack}": "x"}, {"ordering": attack}, {"ordering": f"-{attack}"}):
        assert kind(client.get(url, params=question)) == (400, "unknown-field")
    assert kind(client.get(url, params={"search": "x", "filter": attack})) == (400, "unknown-field")
    assert kind(ask("read", "individuals", query={attack: "x"})) == (400, "unknown-field")
    assert client.get(url, params={"search": attack}).json()["count"] == 0
    assert client.get(url).json()["count"] == 5


@pytest.mark.parametrize("value", ["a\x00b", "\ud800"])
def test_what_can_not_be_stored_is_refused(client: TestClient, value: str) -> None:
    body = json.dumps({"query": {"content": {"individualId": value}}})
    answer = client.post(
        "/data/individuals/1.0/read", content=body, headers={"Content-Type": "application/json"}
    )
    assert kind(answer) == (400, "value-refused")


@pytest.mark.parametrize(
    "operation", ["create", "exists", "read", "update", "updateEntries", "updateOrCreate"]
)
def test_a_missing_body_is_answered(client: TestClient, operation: str) -> None:
    method = "PUT" if operation in ("update", "updateEntries") else "POST"
    assert client.request(method, f"/data/individuals/1.0/{operation}").status_code == 400


def test_an_empty_population_gives_empty_registries(
    make_database: Callable[..., str], tmp_path: Path
) -> None:
    url = make_database(load, tmp_path / "nothing")
    with as_mediator(create_app(environment_for(url))) as client:
        assert client.get("/data/individuals/1.0").json()["count"] == 0
