"""Faults by name: what they do to calls, to callbacks and to events, and that the log says so each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from blocks.information_mediator.tests.rooms import begin, publish, states, subscribe
from tests.fakes.waiting import eventually

COUNT = "/r1/SBX/GOV/CENTRAL/digital-registries/persons/count"
REGISTRIES = "digital-registries"


@pytest.mark.parametrize(
    ("fault", "status", "forwarded"),
    [
        ("delay", 200, 1),
        ("slow-body", 200, 1),
        ("time-out", 504, 0),
        ("refuse", 503, 0),
        ("error", 500, 0),
        ("outage", 502, 0),
        ("duplicate", 200, 2),
        ("garble", 200, 1),
        ("wrong-answer", 200, 1),
    ],
)
def test_a_planted_fault_strikes_as_often_as_it_should(
    mediator: TestClient,
    network: Any,
    ministry: dict[str, str],
    token: dict[str, str],
    exchanges: Callable[..., Any],
    fault: str,
    status: int,
    forwarded: int,
) -> None:
    network.answer(REGISTRIES, "GET", "/persons/count", {"count": 100})
    plan = {"fault": fault, "block": REGISTRIES, "operation": "countPersons", "times": 1}
    planted = mediator.post("/_sandbox/faults", json={**plan, "milliseconds": 1}, headers=token)
    assert planted.status_code == 201
    assert planted.json()["faultId"]
    struck, spared = (mediator.get(COUNT, headers=ministry) for _ in range(2))
    assert (struck.status_code, spared.json()) == (status, {"count": 100})
    assert len(network.made(REGISTRIES)) == forwarded + 1
    first, second = exchanges(application=REGISTRIES)
    assert (first["fault"], first["refused"], first["status"], second["fault"]) == (fault, "", status, "")
    assert [line["fault"] for line in exchanges(fault="any")] == [fault]
    if fault == "garble":
        assert int(struck.headers["content-length"]) == len(struck.content)
        with pytest.raises(ValueError, match=r"decode|Expecting"):
            struck.json()
    elif fault == "wrong-answer":
        assert struck.json() == {"unexpected": True}
    elif status == 200:
        assert struck.json() == {"count": 100}


def test_an_answer_that_is_lost_breaks_the_connection_after_the_block_has_acted(
    made: tuple[Any, str], serve: Any, network: Any, ministry: dict[str, str], token: dict[str, str]
) -> None:
    plan = {"fault": "drop", "block": REGISTRIES, "times": 1}
    with serve(made[0]) as url:
        httpx2.post(f"{url}/_sandbox/faults", json=plan, headers=token)
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"{url}{COUNT}", headers=ministry)
        assert len(network.made(REGISTRIES)) == 1
        assert httpx2.get(f"{url}{COUNT}", headers=ministry).status_code == 200


def test_a_duplicate_carries_the_same_body_twice(
    mediator: TestClient, network: Any, ministry: dict[str, str], token: dict[str, str]
) -> None:
    mediator.post("/_sandbox/faults", json={"fault": "duplicate", "block": "registration"}, headers=token)
    answers = iter([{"n": 1}, {"n": 2}])
    network.answers[("registration", "POST", "/applications")] = lambda _: httpx2.Response(
        201, json=next(answers)
    )
    path = "/r1/SBX/GOV/CENTRAL/registration/applications"
    answer = mediator.post(path, json={"name": "Amina"}, headers=ministry)
    assert answer.json() == {"n": 1}
    assert [json.loads(each.content) for each in network.made("registration")] == [{"name": "Amina"}] * 2


def test_faults_meet_only_their_route_and_are_cleared(
    mediator: TestClient, ministry: dict[str, str], token: dict[str, str]
) -> None:
    def plant(**more: str) -> int:
        plan = {"fault": "error", "block": REGISTRIES, **more}
        return mediator.post("/_sandbox/faults", json=plan, headers=token).status_code

    assert plant(operation="upload") == plant(client="SBX/GOV/CENTRAL/registration") == 201
    assert mediator.get(COUNT, headers=ministry).status_code == 200
    assert plant() == 201
    assert [mediator.get(COUNT, headers=ministry).status_code for _ in range(2)] == [500, 500]
    assert mediator.delete("/_sandbox/faults", headers=token).status_code == 204
    assert mediator.get(COUNT, headers=ministry).status_code == 200
    assert plant(block="nothing") == 404
    assert plant(fault="gremlins") == 400


def test_a_restarted_mediator_still_has_its_faults_and_its_clock_and_a_reset_has_none(
    make_app: Callable[..., tuple[Any, str]], ministry: dict[str, str], token: dict[str, str]
) -> None:
    app, url = make_app()
    with TestClient(app) as first:
        for times in (2, None):
            plan = {"fault": "error", "block": REGISTRIES, "operation": "countPersons", "times": times}
            assert first.post("/_sandbox/faults", json=plan, headers=token).status_code == 201
        assert first.get(COUNT, headers=ministry).status_code == 500
        moved = first.post("/_sandbox/clock", json={"offset_seconds": 86_400 * 50, "epoch": 3}, headers=token)
    with TestClient(make_app(database=url)[0]) as second:
        planted = second.get("/_sandbox/faults", headers=token).json()["faults"]
        assert [each["remaining"] for each in planted] == [1, None]
        assert second.get(COUNT, headers=ministry).status_code == 500
        line = second.get("/_sandbox/exchanges", headers=token).json()["exchanges"][-1]
        assert line["today"] == moved.json()["today"]
        second.post("/_sandbox/reset", headers=token)
        assert second.get("/_sandbox/faults", headers=token).json() == {"faults": []}
    with TestClient(make_app(database=url)[0]) as third:
        assert third.get(COUNT, headers=ministry).status_code == 200


@pytest.mark.parametrize(
    ("fault", "confirmed", "arrived"),
    [
        ("callback-delay", True, 1),
        ("callback-duplicate", True, 2),
        ("callback-drop", False, 0),
        ("callback-unconfirmed", False, 1),
        ("undelivered", False, 0),
    ],
)
def test_a_callback_meets_the_faults_of_who_sends_it(
    made: tuple[Any, str],
    serve: Any,
    rows: Callable[[str, str], Any],
    registration: dict[str, str],
    token: dict[str, str],
    fault: str,
    confirmed: bool,
    arrived: int,
) -> None:
    plan = {"fault": fault, "block": "registration", "operation": "decided", "times": 1, "milliseconds": 1}

    def send(url: str) -> bool:
        try:
            answer = httpx2.post(f"{url}/callbacks/decided", json={"RequestID": "A"}, headers=registration)
        except httpx2.TransportError:
            return False
        return answer.status_code == 202

    with serve(made[0]) as url:
        assert httpx2.post(f"{url}/_sandbox/faults", json=plan, headers=token).status_code == 201
        assert send(url) is confirmed
        assert rows(made[1], "SELECT count(*) FROM messages") == [(arrived,)]
        assert send(url)
        assert rows(made[1], "SELECT count(*) FROM messages") == [(arrived + 1,)]
        found = httpx2.get(f"{url}/_sandbox/exchanges", headers=token).json()["exchanges"]
    assert [line["fault"] for line in found if line["kind"] == "callback"] == [fault, ""]


@pytest.mark.parametrize(
    ("fault", "pushed"),
    [("callback-drop", 1), ("undelivered", 1), ("callback-duplicate", 2), ("callback-unconfirmed", 2)],
)
def test_an_event_meets_them_and_is_pushed_until_it_is_taken(
    room: TestClient,
    network: Any,
    ministry: dict[str, str],
    registration: dict[str, str],
    token: dict[str, str],
    exchanges_of: Callable[..., Any],
    fault: str,
    pushed: int,
) -> None:
    begin(room, ministry)
    subscribe(room, registration, "PUSH")
    plan = {"fault": fault, "block": "registration", "operation": "newBirth", "times": 1}
    assert room.post("/_sandbox/faults", json=plan, headers=token).status_code == 201
    event = publish(room, ministry)
    eventually(lambda: states(room, ministry, event) == {"registration": "acknowledged"})
    assert len(network.made("registration")) == pushed
    assert exchanges_of(room, fault=fault)[0]["kind"] == "callback"
