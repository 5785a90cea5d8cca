"""No operation answers anybody but the mediator, and none a person who may not ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.app import read_contract
from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.digital_registries.app import create_app

CONTRACT = read_contract(Path(__file__).parents[1])
METHODS = ("get", "put", "post", "delete")
OPERATIONS = [
    (method, path, item[method])
    for path, item in CONTRACT["paths"].items()
    for method in METHODS
    if method in item
]
BODY = {"query": {"content": {"individualId": "ZZ1"}}, "write": {"content": {"familyName": "Oak"}}}
DESIGN = {
    "groupName": "g",
    "catalogName": "c",
    "code": "toys",
    "schema": {"type": "object", "properties": {"id": {"type": "string"}}},
}


@pytest.fixture(scope="module")
def peers() -> PeersDouble:
    return PeersDouble()


@pytest.fixture(scope="module")
def client(a_copy: Callable[[], AbstractContextManager[str]], peers: PeersDouble) -> Iterator[TestClient]:
    with (
        a_copy() as url,
        as_mediator(create_app(environment_for(url), transport=peers.transport())) as client,
    ):
        client.headers["Information-Mediator-Client"] = "SBX/GOV/CENTRAL/registration"
        yield client


def send(client: TestClient, method: str, path: str, **headers: str) -> Any:
    values = {"registryName": "individuals", "versionNumber": "1.0", "ID": "ZZ1", "uuid": "ZZ1"}
    values |= {"field": "givenName", "ext": "json", "id": "1"}
    target = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)
    body: Any = DESIGN if path == "/database/modify" else BODY
    if path.endswith(("/exists", "/read")):
        body = {"query": BODY["query"]}
    if path.endswith("/unmatched"):
        body = {
            "other": {"registryName": "parcels", "versionNumber": "1.0"},
            "on": {"individualId": "ownerId"},
        }
    if path.endswith("/create"):
        body = {"write": BODY["write"]}
    return client.request(
        method,
        target,
        params={"userId": "ZZ1", "databaseId": "individuals"},
        json=body if method in ("put", "post") else None,
        headers=headers,
    )


def named(operation: tuple[str, str, Any]) -> str:
    return str(operation[2]["operationId"])


def guarded(contract: Any) -> Iterator[tuple[str, str, Any]]:
    yield from (each for each in contract if each[2].get("security") and {} not in each[2]["security"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_only_the_mediator_is_answered(client: TestClient, operation: tuple[str, str, Any]) -> None:
    method, path, _ = operation
    for secret in ("", "another"):
        assert send(client, method, path, **{"X-Sandbox-Secret": secret}).status_code == 401


@pytest.mark.parametrize("operation", list(guarded(OPERATIONS)), ids=named)
def test_a_persons_operation_needs_a_token(client: TestClient, operation: tuple[str, str, Any]) -> None:
    assert send(client, operation[0], operation[1]).status_code == 401


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "security" in each[2]], ids=named)
def test_a_token_must_be_good_and_of_somebody_who_may(
    client: TestClient, peers: PeersDouble, operation: tuple[str, str, Any]
) -> None:
    method, path, _ = operation
    refused = {
        "Bearer nothing": 401,
        PeersDouble().token("STAFF-registrar", "registrar"): 401,
        peers.token("STAFF-registrar", "registrar", lifetime=timedelta(minutes=-5)): 401,
        peers.token("STAFF-registrar", "registrar", kind="JWT"): 401,
        peers.token("ZZ0", "citizen"): 403,
        peers.token("STAFF-payroll", "payroll-maker"): 403,
    }
    for token, status in refused.items():
        assert send(client, method, path, Authorization=token).status_code == status, token
    registrar = peers.token("STAFF-registrar", "registrar")
    assert send(client, method, path, Authorization=registrar).status_code not in (401, 403)


def test_every_operation_that_is_no_mere_definition_states_its_security() -> None:
    open_to_all = [each for each in OPERATIONS if "security" not in each[2]]
    pages = [each for each in open_to_all if each[1].startswith("/registers")]  # they know people by a cookie
    assert {named(each) for each in open_to_all if each not in pages} == {"listDatabases", "readDatabase"}
    assert pages


def test_the_officer_who_reads_is_written_down(client: TestClient, peers: PeersDouble) -> None:
    officer = {"Authorization": peers.token("STAFF-registrar", "registrar")}
    body = {"query": {"content": {"individualId": "ZZ2"}}}
    assert client.post("/data/individuals/1.0/read", json=body, headers=officer).status_code == 200
    mine = {"Authorization": peers.token("ZZ2", "citizen")}
    params = {"userId": "ZZ2", "databaseId": "individuals"}
    line = client.get("/data/myPersonalDataUsage", params=params, headers=mine).json()[0]
    assert (line["readerId"], line["readerApplicationName"]) == ("STAFF-registrar", "registration")
