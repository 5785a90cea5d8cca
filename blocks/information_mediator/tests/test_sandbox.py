"""The controls' side: messages, faults, the clock, readiness, plantings, and holding calls back."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from blockkit.settings import outbound_secret

COUNT = "/r1/SBX/GOV/CENTRAL/digital-registries/persons/count"


def test_controls_need_the_token_or_the_controls_own_secret(
    mediator: TestClient, registration: dict[str, str], token: dict[str, str]
) -> None:
    assert mediator.get("/_sandbox/exchanges").status_code == 401
    assert mediator.get("/_sandbox/exchanges", headers=registration).status_code == 401
    assert mediator.get("/_sandbox/exchanges", headers=token).status_code == 200
    own = {"Information-Mediator-Secret": outbound_secret("secret-of-controls")}
    assert mediator.get("/_sandbox/exchanges", headers=own).status_code == 200


def test_a_callback_is_kept_and_can_be_read_again(
    mediator: TestClient, registration: dict[str, str], token: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    body = {"BatchID": "BATCH0000001", "status": "completed"}
    taken = mediator.post("/callbacks/payroll-paid", json=body, headers=registration)
    assert taken.status_code == 202
    wanted = {"correlationId": "BATCH0000001", "kind": "payroll-paid", "timeoutSeconds": 0.2}
    expected = {**taken.json(), "kind": "payroll-paid", "correlationId": "BATCH0000001", "body": body}
    for _ in range(2):
        assert mediator.get("/_sandbox/messages", params=wanted, headers=token).json() == expected
    (line,) = exchanges()
    assert (line["kind"], line["summary"], line["correlation"]) == (
        "callback",
        "payroll paid",
        "BATCH0000001",
    )
    assert line["client"] == "SBX/GOV/CENTRAL/registration"
    assert line["service"] == "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"


def test_the_header_names_the_correlation_before_the_body(
    mediator: TestClient, registration: dict[str, str], token: dict[str, str]
) -> None:
    headers = {**registration, "X-CorrelationID": "from-header"}
    mediator.post("/callbacks/decided", json={"RequestID": "from-body"}, headers=headers)
    answer = mediator.get(
        "/_sandbox/messages", params={"correlationId": "from-header", "timeoutSeconds": 0}, headers=token
    )
    assert answer.status_code == 200


def test_nobody_hears_a_message_that_was_meant_for_another(
    mediator: TestClient, registration: dict[str, str], token: dict[str, str]
) -> None:
    mediator.post("/callbacks/decided", json={"RequestID": "A"}, headers=registration)
    for wanted in ({"correlationId": "B"}, {"correlationId": "A", "kind": "paid"}):
        params = {**wanted, "timeoutSeconds": 0}
        assert mediator.get("/_sandbox/messages", params=params, headers=token).status_code == 408
    mediator.post("/_sandbox/reset", headers=token)
    params = {"correlationId": "A", "timeoutSeconds": 0}
    assert mediator.get("/_sandbox/messages", params=params, headers=token).status_code == 408


def test_a_correlation_that_no_database_can_store_is_cleaned(
    mediator: TestClient, registration: dict[str, str], token: dict[str, str]
) -> None:
    body = '{"BatchID": "A\\u0000B\\ud800", "deep": ' + "[" * 90 + "]" * 90 + "}"
    assert mediator.post("/callbacks/paid", content=body, headers=registration).status_code == 202
    params = {"correlationId": "A\x00B", "timeoutSeconds": 0}
    assert mediator.get("/_sandbox/messages", params=params, headers=token).json()["correlationId"] == "AB"
    deeper = '{"BatchID": ' + "[" * 300 + "]" * 300 + "}"
    assert mediator.post("/callbacks/paid", content=deeper, headers=registration).status_code == 400


def test_a_waiting_reader_is_woken_by_the_message(
    made: tuple[Any, str], serve: Any, registration: dict[str, str], token: dict[str, str]
) -> None:
    with serve(made[0]) as url, ThreadPoolExecutor() as others:
        params = {"correlationId": "LATE", "timeoutSeconds": 20}
        waiting = others.submit(
            httpx2.get, f"{url}/_sandbox/messages", params=params, headers=token, timeout=30
        )
        httpx2.post(f"{url}/callbacks/paid", json={"BatchID": "OTHER"}, headers=registration)
        httpx2.post(f"{url}/callbacks/paid", json={"BatchID": "LATE", "n": 1}, headers=registration)
        assert waiting.result(timeout=15).json()["body"] == {"BatchID": "LATE", "n": 1}


@pytest.mark.parametrize(
    ("path", "said", "status"),
    [
        ("/callbacks/paid", {"content": b"{"}, 400),
        ("/callbacks/Not_A_Kind", {"json": {}}, 404),
        ("/callbacks/", {"json": {}}, 404),
    ],
)
def test_a_callback_that_makes_no_sense_is_refused(
    mediator: TestClient, registration: dict[str, str], path: str, said: dict[str, Any], status: int
) -> None:
    assert mediator.post(path, headers=registration, **said).status_code == status
    assert mediator.post(path, **said).status_code == 401


def test_the_clock_moves_everywhere_or_says_where_not(
    mediator: TestClient, network: Any, token: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    setting = {"offset_seconds": 31 * 86400, "epoch": 2}
    moved = mediator.post("/_sandbox/clock", json=setting, headers=token)
    assert moved.status_code == 200
    told = {
        call.url.host: (json.loads(call.content), call.headers["x-sandbox-secret"]) for call in network.calls
    }
    assert told == {
        slug: (setting, f"secret-of-{slug}")
        for slug in ("registration", "digital-registries", "identity", "consent", "controls")
    }
    network.down.add("identity")
    failed = mediator.post("/_sandbox/clock", json=setting, headers=token)
    assert (failed.status_code, failed.json()["failed"]) == (502, ["identity"])
    assert exchanges()[-1]["today"] == moved.json()["today"]


def test_readiness_names_who_is_not_ready(mediator: TestClient, network: Any, token: dict[str, str]) -> None:
    everybody = mediator.get("/_sandbox/readiness", headers=token)
    assert everybody.status_code == 200
    assert everybody.json()["instances"]["information-mediator"] == {"ready": True, "reason": ""}
    network.answer("identity", "GET", "/readyz", {"ready": False, "reason": "no keys yet"}, 503)
    network.down.add("consent")
    answer = mediator.get("/_sandbox/readiness", headers=token)
    instances = answer.json()["instances"]
    assert answer.status_code == 503
    assert instances["identity"] == {"ready": False, "reason": "no keys yet"}
    assert instances["consent"]["ready"] is False
    assert instances["registration"]["ready"] is True


def test_a_product_is_asked_at_its_own_path_and_not_told_a_time_that_it_does_not_keep(
    make_app: Callable[..., tuple[FastAPI, str]], network: Any, token: dict[str, str]
) -> None:
    app, _ = make_app(products={"identity": {"readiness": "/health", "clock": "real"}})
    network.answer("identity", "GET", "/health", None, 204)
    network.answer("identity", "GET", "/readyz", {}, 404)
    with TestClient(app) as client:
        answer = client.get("/_sandbox/readiness", headers=token)
        assert answer.json()["instances"]["identity"] == {"ready": True, "reason": ""}
        network.calls.clear()
        moved = client.post("/_sandbox/clock", json={"offset_seconds": 86400, "epoch": 1}, headers=token)
    assert moved.status_code == 200
    assert "identity" not in {call.url.host for call in network.calls}


def test_a_planting_is_passed_to_its_block(
    mediator: TestClient, network: Any, token: dict[str, str], exchanges: Callable[..., Any]
) -> None:
    network.answer("identity", "POST", "/_sandbox/plant", {"individualId": "P1"}, 201)
    planting = {"block": "identity", "individualId": "P1", "change": {"given_name": "Eve"}}
    answer = mediator.post("/_sandbox/plants", json=planting, headers=token)
    assert (answer.status_code, answer.json()) == (201, {"individualId": "P1"})
    (call,) = network.made("identity")
    assert json.loads(call.content) == {"individualId": "P1", "change": {"given_name": "Eve"}}
    assert exchanges()[0]["individual"] == "P1"
    nowhere = {**planting, "block": "nothing"}
    assert mediator.post("/_sandbox/plants", json=nowhere, headers=token).status_code == 404


def test_while_held_nothing_begins_and_what_began_may_finish(
    made: tuple[Any, str], serve: Any, network: Any, ministry: dict[str, str], token: dict[str, str]
) -> None:
    outer_began: Future[str] = Future()
    outer_may_end = threading.Event()

    async def submit(request: httpx2.Request) -> httpx2.Response:
        outer_began.set_result(request.headers["x-exchange-id"])
        await asyncio.to_thread(outer_may_end.wait, 10)
        return httpx2.Response(200, json={})

    network.answers[("registration", "POST", "/applications")] = submit
    with serve(made[0]) as url, ThreadPoolExecutor() as others:
        address = f"{url}/r1/SBX/GOV/CENTRAL/registration/applications"
        outer = others.submit(httpx2.post, address, json={}, headers=ministry, timeout=30)
        nested = {**ministry, "X-Cause-Exchange-Id": outer_began.result(timeout=10)}
        holding = others.submit(httpx2.post, f"{url}/_sandbox/hold", headers=token, timeout=30)
        assert httpx2.get(f"{url}{COUNT}", headers=nested).status_code == 200
        assert not holding.done()
        outer_may_end.set()
        assert outer.result(timeout=10).status_code == 200
        assert holding.result(timeout=10).json() == {"held": True, "running": 0}
        before = len(network.calls)
        held = others.submit(httpx2.get, f"{url}{COUNT}", headers=ministry, timeout=30)
        assert httpx2.get(f"{url}/_sandbox/head", headers=token).status_code == 200
        assert not held.done()
        assert len(network.calls) == before
        httpx2.post(f"{url}/_sandbox/release", headers=token)
        assert held.result(timeout=10).status_code == 200


def test_jobs_that_the_clock_sets_off_may_call_while_everything_else_is_held(
    made: tuple[Any, str], serve: Any, network: Any, ministry: dict[str, str], token: dict[str, str]
) -> None:
    address: Future[str] = Future()

    async def call_another(request: httpx2.Request) -> httpx2.Response:
        nested = {**ministry, "X-Cause-Exchange-Id": request.headers["x-exchange-id"]}
        async with httpx2.AsyncClient(timeout=10) as client:
            answer = await client.get(f"{address.result()}{COUNT}", headers=nested)
        return httpx2.Response(answer.status_code, json={"today": "2026-01-01"})

    network.answers[("registration", "POST", "/_sandbox/clock")] = call_another
    with serve(made[0]) as url:
        address.set_result(url)
        assert httpx2.post(f"{url}/_sandbox/hold", headers=token).json()["running"] == 0
        setting = {"offset_seconds": 0, "epoch": 1}
        moved = httpx2.post(f"{url}/_sandbox/clock", json=setting, headers=token, timeout=20)
        assert moved.status_code == 200
        httpx2.post(f"{url}/_sandbox/release", headers=token)
