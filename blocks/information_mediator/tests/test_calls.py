"""Who may call whom, tried from outside on a mediator with toy applications behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.standalone import Server
from blocks.information_mediator.app import create_app

COUNT = "/r1/SBX/GOV/CENTRAL/digital-registries/persons/count"
PERSON = "/r1/SBX/GOV/CENTRAL/digital-registries/persons/P1"


def kind(answer: httpx2.Response) -> str:
    problem: str = answer.json()["type"]
    return problem.rpartition("/")[2]


def test_a_call_reaches_the_service_and_its_answer_comes_back(
    mediator: TestClient, network: Any, ministry: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    network.answer("digital-registries", "GET", "/persons/count", {"count": 3})
    answer = mediator.get(
        COUNT, params={"district": "north"}, headers={**ministry, "Authorization": "Bearer t0k3n"}
    )
    assert (answer.status_code, answer.json()) == (200, {"count": 3})
    (call,) = network.made("digital-registries")
    assert str(call.url) == "http://digital-registries/persons/count?district=north"
    assert call.headers["authorization"] == "Bearer t0k3n"
    assert call.headers["x-sandbox-secret"] == "secret-of-digital-registries"
    assert call.headers["information-mediator-client"] == ministry["Information-Mediator-Client"]
    assert call.headers["x-exchange-id"] == answer.headers["x-exchange-id"]
    assert "information-mediator-secret" not in call.headers
    (line,) = exchanges()
    assert line["id"] == answer.headers["x-exchange-id"]
    assert (line["kind"], line["operation_id"], line["status"]) == ("call", "countPersons", 200)
    assert (line["client"], line["block"]) == (ministry["Information-Mediator-Client"], "digital-registries")
    assert line["path"] == "/persons/count?district=north"
    assert line["purpose"] == "to verify an application"
    assert line["response"] == {"count": 3}


def test_the_prefix_may_be_left_out(mediator: TestClient, ministry: dict[str, str]) -> None:
    assert mediator.get(COUNT.removeprefix("/r1"), headers=ministry).status_code == 200


def test_a_caller_cannot_speak_as_the_mediator(
    mediator: TestClient, network: Any, ministry: dict[str, str]
) -> None:
    forged = {
        "X-Sandbox-Secret": "guess",
        "X-Exchange-Id": "mine",
        "X-HTTP-Method-Override": "DELETE",
        "X-Original-URL": "/persons/P1",
        "Connection": "x-private",
        "X-Private": "1",
    }
    answer = mediator.get(COUNT, headers={**ministry, **forged})
    (call,) = network.made("digital-registries")
    assert call.headers["x-sandbox-secret"] == "secret-of-digital-registries"
    assert call.headers["x-exchange-id"] == answer.headers["x-exchange-id"] != "mine"
    for dropped in ("x-private", "x-http-method-override", "x-original-url"):
        assert dropped not in call.headers


MINISTRY = "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"
TOKEN = "token-of-the-sandbox"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("", ""),
        (MINISTRY, ""),
        (MINISTRY, "guess"),
        ("", TOKEN),
        ("SBX/GOV/NOBODY/nothing", TOKEN),
        ("SBX/GOV/CENTRAL/registration", TOKEN),
        ("SBX/GOV/CENTRAL/registration", "secret-of-registration"),
    ],
    ids=[
        "nothing",
        "no-secret",
        "wrong-secret",
        "no-name",
        "unknown-name",
        "a-block-with-the-sandboxs-token",
        "a-block-with-the-secret-of-the-other-direction",
    ],
)
def test_an_unproven_client_is_turned_away(
    mediator: TestClient, network: Any, exchanges: Callable[..., Any], name: str, secret: str
) -> None:
    headers = {"Information-Mediator-Client": name, "Information-Mediator-Secret": secret}
    answer = mediator.get(COUNT, headers={key: value for key, value in headers.items() if value})
    assert (answer.status_code, kind(answer)) == (401, "unknown-client")
    assert network.calls == []
    (line,) = exchanges()
    assert (line["refused"], line["client"]) == ("unknown-client", name)


def test_what_no_right_names_is_denied_and_recorded(
    mediator: TestClient, network: Any, ministry: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    answer = mediator.get(PERSON, headers=ministry)
    assert (answer.status_code, kind(answer)) == (403, "not-allowed")
    assert network.calls == []
    (line,) = exchanges()
    assert (line["refused"], line["operation_id"], line["status"]) == ("not-allowed", "readPerson", 403)


def test_each_line_of_the_rights_carries_exactly_its_calls(
    mediator: TestClient,
    database: str,
    postgres: Server,
    wiring_document: dict[str, Any],
    network: Any,
    ministry: dict[str, str],
    registration: dict[str, str],
    token: dict[str, str],
) -> None:
    network.consents.add(("P1", "cash-transfer"))
    registries = "/r1/SBX/GOV/CENTRAL/digital-registries"
    explorer = {**ministry, "Information-Mediator-Client": "SBX/GOV/SANDBOX/explorer"}
    calls: list[tuple[int, dict[str, str], str, str, Any]] = [
        (0, ministry, "POST", "/r1/SBX/GOV/CENTRAL/registration/applications", {}),
        (1, ministry, "GET", f"{registries}/persons/count", None),
        (1, ministry, "POST", f"{registries}/persons", {"person": {"id": "P1"}}),
        (2, ministry, "POST", "/r1/SBX/GOV/CENTRAL/sandbox/tally", {}),
        (3, explorer, "POST", "/r1/SBX/GOV/CENTRAL/sandbox/tally", {}),
        (4, registration, "GET", f"{registries}/persons/P1", None),
        (4, registration, "GET", f"{registries}/persons?individualId=P1", None),
    ]
    name = database.rpartition("/")[2]
    with psycopg.connect(postgres.url(name), autocommit=True) as admin:
        for removed in (None, *range(len(wiring_document["rights"]))):
            admin.execute("CREATE TEMP TABLE taken AS SELECT * FROM rights WHERE position = %s", [removed])
            admin.execute("DELETE FROM rights WHERE position = %s", [removed])
            mediator.post("/_sandbox/wiring", headers=token)
            found = [
                mediator.request(method, path, headers=headers, json=body).status_code
                for _, headers, method, path, body in calls
            ]
            admin.execute("INSERT INTO rights SELECT * FROM taken")
            admin.execute("DROP TABLE taken")
            assert found == [403 if line == removed else 200 for line, *_ in calls]


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/r1/SBX/GOV/CENTRAL/nothing/persons/count", 404, "no-such-service"),
        ("/r1/SBX/GOV/CENTRAL", 404, "no-such-service"),
        ("/r1/SBX/GOV/CENTRAL/digital-registries/nothing", 404, "no-such-service"),
        ("/r1/SBX/GOV/CENTRAL/digital-registries//count", 404, "no-such-service"),
        ("/r1/SBX/GOV/CENTRAL/digital-registries/persons/%2e%2e", 400, "invalid-path"),
        ("/r1/SBX/GOV/CENTRAL/digital-registries/persons/a%2Fb", 400, "invalid-path"),
        ("/r1/SBX/GOV/CENTRAL/digital-registries/persons/a%5Cb", 400, "invalid-path"),
        ("/r1/SBX/GOV/CENTRAL/digital-registries/persons/%ff", 400, "invalid-path"),
        ("/r1/SBX/GOV/CENTRAL/digital-registries/persons/a%00b", 400, "invalid-path"),
    ],
)
def test_a_path_that_means_nothing_or_two_things_goes_nowhere(
    mediator: TestClient, network: Any, ministry: dict[str, str], path: str, status: int, reason: str
) -> None:
    answer = mediator.get(path, headers=ministry)
    assert (answer.status_code, kind(answer)) == (status, reason)
    assert network.calls == []


def test_a_wrong_method_says_which_are_right(mediator: TestClient, ministry: dict[str, str]) -> None:
    answer = mediator.put(COUNT, headers=ministry)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_a_literal_path_wins_over_a_parameter(
    mediator: TestClient, ministry: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    mediator.get(COUNT, headers=ministry)
    assert exchanges()[0]["operation_id"] == "countPersons"


def test_a_block_that_is_down_is_said_to_be(
    mediator: TestClient, network: Any, ministry: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    network.down.add("digital-registries")
    answer = mediator.get(COUNT, headers=ministry)
    assert (answer.status_code, kind(answer)) == (502, "service-unreachable")
    assert exchanges()[0]["refused"] == "service-unreachable"


def test_calls_to_the_controls_are_told_apart(
    mediator: TestClient, network: Any, ministry: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    assert mediator.post("/r1/SBX/GOV/CENTRAL/sandbox/tally", json={}, headers=ministry).status_code == 200
    assert len(network.made("controls")) == 1
    assert exchanges()[0]["kind"] == "control"


def test_a_strange_host_is_not_answered(mediator: TestClient, ministry: dict[str, str]) -> None:
    answer = mediator.get(COUNT, headers={**ministry, "Host": "attacker.example"})
    assert (answer.status_code, kind(answer)) == (421, "wrong-host")
    assert mediator.get(COUNT, headers={**ministry, "Host": "127.0.0.1:4711"}).status_code == 200
    assert mediator.get("/healthz", headers={"Host": "10.0.0.9"}).status_code == 200


def test_a_gate_without_a_token_does_not_open(database: str) -> None:
    with pytest.raises(ValueError, match="SANDBOX_TOKEN"):
        create_app({"DATABASE_URL": database, "SANDBOX_SECRET": "x"})


def test_the_directory_shows_what_is_offered_and_what_is_allowed(
    mediator: TestClient, network: Any, ministry: dict[str, str]
) -> None:
    clients = mediator.get("/listClients", headers=ministry).json()["member"]
    assert {"name": "Cash transfer", "id": _address("SOCIAL-MINISTRY", "cash-transfer")} in clients
    registries = "/r1/SBX/GOV/CENTRAL/digital-registries"
    offered = mediator.get(f"{registries}/listMethods", headers=ministry).json()["member"]
    allowed = mediator.get(f"{registries}/allowedMethods", headers=ministry).json()["member"]
    assert len(offered[0]["endpointList"]["member"]) == 5
    assert {"method": "GET", "path": "/persons/count"} in allowed[0]["endpointList"]["member"]
    assert len(allowed[0]["endpointList"]["member"]) == 3
    network.answer("digital-registries", "GET", "/openapi.json", {"openapi": "3.1.0"})
    contract = mediator.get(f"{registries}/getOpenAPI?serviceCode=digital-registries", headers=ministry)
    assert contract.json() == {"openapi": "3.1.0"}
    assert mediator.get(f"{registries}/getOpenAPI", headers=ministry).status_code == 400
    assert mediator.get("/listClients").status_code == 401


def _address(member: str, application: str) -> dict[str, str]:
    return {
        "objectType": "APPLICATION",
        "instanceId": "SBX",
        "memberClass": "GOV",
        "memberCode": member,
        "applicationCode": application,
    }
