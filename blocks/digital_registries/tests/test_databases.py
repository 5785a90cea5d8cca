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


def test_the_same_definition_changes_nothing_and_one_with_records_stays(define: Any, ask: Any) -> None:
    first = define().json()
    assert define().json() == first
    wider = {**SCHEMA, "properties": {**SCHEMA["properties"], "age": {"type": "integer"}}}
    assert define(wider).json()["schema"] == wider
    ask("create", "toys", write={"name": "bear"})
    assert define().status_code == 409
    assert define(version="2.0").status_code == 200
    assert ask("read", "toys", "2.0", query={"name": "bear"}).status_code == 404


def test_definitions_are_listed_read_and_deleted(define: Any, client: TestClient, peers: PeersDouble) -> None:
    made = define().json()
    groups = {group["code"]: group["databases"] for group in client.get("/databases").json()}
    assert [each["code"] for each in groups["Social protection"]] == ["beneficiaries", "households"]
    assert groups["Play"] == [made]
    assert client.get(f"/database/{made['id']}").json() == made
    token = {"Authorization": peers.token("STAFF-registrar", "registrar")}
    assert client.delete(f"/database/{made['id']}").status_code == 401
    assert client.delete(f"/database/{made['id']}", headers=token).json() == "Success"
    assert client.get(f"/database/{made['id']}").status_code == 404
    individuals = groups["Civil status"][0]["id"]
    assert client.delete(f"/database/{individuals}", headers=token).status_code == 409


def test_only_a_registrar_defines(define: Any) -> None:
    assert define(role="citizen").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "array"},
        {"type": "object", "properties": {"name": {"type": "string"}}},
        {"type": "object", "properties": {"id": {"type": "integer"}}},
        {"type": "object", "properties": {"id": {"type": "text"}}},
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
