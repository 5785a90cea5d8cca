"""A registrar defines registries by JSON Schema; what a schema may say has limits."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "ID": {"type": "string", "primaryKey": True, "readOnly": True},
        "name": {"type": "string", "pattern": "^[a-z]+$"},
    },
}


@pytest.fixture
def define(client: TestClient, peers: PeersDouble) -> Any:
    """Define the registry `toys`."""

    def call(schema: Any = SCHEMA, role: str = "registrar", **changed: Any) -> Any:
        body = {"groupName": "Play", "catalogName": "Toys", "code": "toys", "schema": schema, **changed}
        token = peers.token(f"STAFF-{role}", role)
        return client.post("/database/modify", json=body, headers={"Authorization": token})

    return call


def test_a_defined_registry_takes_records_by_its_schema(define: Any, ask: Any) -> None:
    assert define().status_code == 200
    for _ in range(2):
        told = ask("create", "toys", write={"name": "bear"})
        assert told.json() == {"content": {"name": "bear", "ID": "toys1"}}
    assert ask("create", "toys", write={"name": "doll"}).json()["content"]["ID"] == "toys2"
    assert ask("create", "toys", write={"name": "Bear"}).status_code == 400


def test_a_schema_that_takes_anything_takes_nothing_bottomless(define: Any, ask: Any) -> None:
    anything = {**SCHEMA, "properties": {**SCHEMA["properties"], "note": {}}}
    assert define(anything).status_code == 200
    deep: Any = []
    for _ in range(19):
        assert ask("create", "toys", write={"name": "bear", "note": deep}).status_code == 200
        deep = [deep]
    for _ in range(2):
        assert ask("create", "toys", write={"name": "bear", "note": deep}).status_code == 400
        deep = [[[deep]]]


def test_the_same_design_changes_nothing_and_one_with_records_keeps_its_schema(
    define: Any, ask: Any, client: TestClient
) -> None:
    first = define()
    before = client.get(first.headers["Location"]).json()
    assert define().json() == first.json()
    assert client.get(first.headers["Location"]).json() == before
    wider = {**SCHEMA, "properties": {**SCHEMA["properties"], "age": {"type": "integer"}}}
    assert define(wider).json()["properties"] == wider["properties"]
    ask("create", "toys", write={"name": "bear"})
    assert define().status_code == 409
    assert define(wider, uniqueKeys=[["name"]]).status_code == 409
    assert define(wider, isDraft=True).status_code == 409
    assert define(wider, catalogName="Playthings").status_code == 200
    assert define(version="2.0").status_code == 200
    assert ask("read", "toys", "2.0", query={"name": "bear"}).status_code == 404


def test_versions_of_one_code_share_numbers_and_the_newest_is_meant(define: Any, ask: Any) -> None:
    define(version="1.9")
    assert ask("create", "toys", "1.9", write={"name": "bear"}).json()["content"]["ID"] == "toys1"
    define(version="1.10")
    assert ask("create", "toys", "1.10", write={"name": "bear"}).json()["content"]["ID"] == "toys2"
    assert define({**SCHEMA, "title": "Toys"}).status_code == 409
    assert define().json()["version"] == "1.10"


def test_numbering_goes_on_where_the_schema_says_and_passes_over_what_is_taken(define: Any, ask: Any) -> None:
    assert define({**SCHEMA, "incrementIndex": 20}).json()["incrementIndex"] == 20
    assert ask("create", "toys", write={"ID": "toys22", "name": "bear"}).status_code == 200
    told = [ask("create", "toys", write={"name": name}).json()["content"]["ID"] for name in ("doll", "kite")]
    assert told == ["toys21", "toys23"]


def test_a_draft_takes_no_records_until_it_is_published(define: Any, ask: Any, client: TestClient) -> None:
    draft = define(isDraft=True)
    assert client.get(draft.headers["Location"]).json()["isDraft"] is True
    assert ask("create", "toys", write={"name": "bear"}).status_code == 404
    published = define(isDraft=False)
    assert published.json()["databaseId"] == draft.json()["databaseId"]
    assert ask("create", "toys", write={"name": "bear"}).status_code == 200


def test_an_archived_registry_is_read_only_and_a_disabled_one_is_silent(define: Any, ask: Any) -> None:
    define()
    ask("create", "toys", write={"name": "bear"})
    define(isArchived=True)
    assert ask("read", "toys", query={"name": "bear"}).status_code == 200
    assert ask("create", "toys", write={"name": "doll"}).status_code == 409
    define(isDisabled=True)
    assert ask("read", "toys", query={"name": "bear"}).status_code == 409
    define()
    assert ask("create", "toys", write={"name": "doll"}).status_code == 200


def test_definitions_are_listed_read_and_deleted(define: Any, client: TestClient, peers: PeersDouble) -> None:
    made = client.get(define().headers["Location"]).json()
    catalogs = {each["code"]: each for each in client.get("/databases").json()}
    assert set(catalogs) >= {"beneficiaries", "households", "individuals", "toys"}
    assert catalogs["toys"]["databases"] == [made]
    assert (catalogs["toys"]["name"], catalogs["toys"]["groupName"]) == ("Toys", "Play")
    assert made["byUserName"] == "STAFF-registrar"
    assert {"name": "primary key", "path": "/ID"} in made["schemaFlags"]
    token = {"Authorization": peers.token("STAFF-registrar", "registrar")}
    assert client.delete(f"/database/{made['id']}").status_code == 401
    for _ in range(2):
        assert client.delete(f"/database/{made['id']}", headers=token).json() == "Success"
    assert client.get(f"/database/{made['id']}").status_code == 404
    individuals = catalogs["individuals"]["databases"][0]["id"]
    assert client.delete(f"/database/{individuals}", headers=token).status_code == 409


def test_an_address_takes_the_methods_that_it_says(client: TestClient) -> None:
    for method, path, allowed in (
        ("GET", "/database/modify", "POST"),
        ("DELETE", "/database/modify", "POST"),
        ("PATCH", "/database/modify", "POST"),
        ("PATCH", "/database/1001", "DELETE, GET"),
        ("DELETE", "/data/individuals/1.0", "GET"),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    for odd in ("0", "x", "9" * 30, "²"):
        assert client.get(f"/database/{odd}").status_code == 400


def test_only_a_registrar_defines(define: Any) -> None:
    assert define(role="citizen").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "array"},
        {"type": "object", "properties": {"name": {"type": "string"}}},
        {"type": "object", "properties": {"id": {"type": "integer"}}},
        {"type": "object", "properties": {"id": {"type": "text"}}},
        {"type": "object", "properties": {"id": True}},
        {"type": "object", "properties": {"id": {"type": "string"}, "x": False}},
        {"type": "object", "properties": {"id": {"$ref": "http://elsewhere.test/schema"}}},
        {"type": "object", "properties": {"id": {"type": "string", "pattern": "(a+)+\\1$"}}},
        {"type": "object", "properties": {"id": {"type": "string"}}, "patternProperties": {"x": {}}},
        {"type": "object", "properties": {"a": {"primaryKey": True}, "b": {"primaryKey": True}}},
    ],
)
def test_a_schema_that_can_not_define_a_registry_is_refused(define: Any, wrong: dict[str, Any]) -> None:
    answer = define(wrong)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "schema-unfit")


def test_a_unique_key_and_a_number_format_must_fit(define: Any) -> None:
    assert define(uniqueKeys=[["unheard-of"]]).status_code == 400
    assert define(numberFormat="always-the-same").status_code == 400
    assert define(uniqueKeys=[["name"]], numberFormat="T-{indexNoByCode}").status_code == 200
