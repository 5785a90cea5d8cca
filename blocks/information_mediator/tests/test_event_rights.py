"""Who may do what in a room, and what the message log keeps of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.app import read_contract
from blockkit.standalone import Server
from blockkit.testing import contract_operations
from blocks.information_mediator.tests.rooms import (
    BIRTH,
    EVENT,
    MINISTRY,
    REGISTRATION,
    ROOM,
    Rooms,
    begin,
    publish,
    states,
    subscribe,
)
from tests.fakes.waiting import eventually

FOLDER = Path(__file__).parents[1]
ASKED_BY_ANYBODY = {
    *(("GET", each) for each in ("listMethods", "allowedMethods", "getOpenAPI")),
    ("GET", "api/v1/eventType"),
    ("GET", "api/v1/eventType/{eventType}"),
}
"""What says who and what there is, and nothing of anybody: for every application that proves itself."""


def test_each_act_needs_its_line(
    rooms: Rooms,
    postgres: Server,
    ministry: dict[str, str],
    registration: dict[str, str],
    token: dict[str, str],
    subtests: pytest.Subtests,
) -> None:
    attempts = {
        "manage": [
            ("POST", "/api/v1/eventType", {"eventType": "newBirth", "schema": BIRTH}, ministry),
            ("DELETE", "/api/v1/eventType/newBirth", None, ministry),
        ],
        "publish": [
            ("POST", "/pub/v1/newBirth", EVENT, ministry),
            ("GET", "/pub/v1/newBirth/1", None, ministry),
            ("DELETE", "/pub/v1/newBirth/1", None, ministry),
        ],
        "subscribe": [
            ("GET", "/api/v1/subs", None, registration),
            ("POST", "/api/v1/subs/newBirth", {"eventType": "newBirth"}, registration),
            ("GET", "/api/v1/subs/newBirth", None, registration),
            ("PATCH", "/api/v1/subs/newBirth", {}, registration),
            ("DELETE", "/api/v1/subs/newBirth", None, registration),
            ("GET", "/api/v1/subs/newBirth/dead", None, registration),
            ("POST", "/api/v1/subs/newBirth/dead/1", None, registration),
            ("GET", "/pull/v1/newBirth", None, registration),
            ("DELETE", "/pull/v1/newBirth/1", None, registration),
        ],
    }
    needing = {(method, ROOM + path) for calls in attempts.values() for method, path, _, _ in calls}
    for method, path in contract_operations(read_contract(FOLDER)):
        if (
            path.startswith("/r1/")
            and (method, path.partition("{applicationCode}/")[2]) not in ASKED_BY_ANYBODY
        ):
            form = re.sub(r"\{[^{}]+\}", "[^/]+", path)
            assert any(method == each and re.fullmatch(form, walked) for each, walked in needing), (
                method,
                path,
            )
    with rooms() as (client, url), psycopg.connect(postgres.url(url.rpartition("/")[2])) as admin:
        before = admin.execute("SELECT position, acts FROM topics").fetchall()
        for act in attempts:
            admin.execute("UPDATE topics SET acts = array_remove(acts, %s)", [act])
            admin.commit()
            client.post("/_sandbox/wiring", headers=token)
            for other, calls in attempts.items():
                for method, path, body, who in calls:
                    with subtests.test(removed=act, method=method, path=path):
                        answer = client.request(method, ROOM + path, json=body, headers=who)
                        assert (answer.status_code == 403) == (act == other), answer.text
                        nobody = client.request(method, ROOM + path, json=body)
                        assert nobody.status_code == 401
            for position, acts in before:
                admin.execute("UPDATE topics SET acts = %s WHERE position = %s", [acts, position])


def test_a_line_is_for_its_event_types_and_its_room_alone(room: TestClient, ministry: dict[str, str]) -> None:
    other = {"eventType": "newDeath", "schema": {}}
    assert room.post(f"{ROOM}/api/v1/eventType", json=other, headers=ministry).status_code == 403
    elsewhere = ROOM.replace("information-mediator", "another")
    body = {"eventType": "newBirth", "schema": BIRTH}
    assert room.post(f"{elsewhere}/api/v1/eventType", json=body, headers=ministry).status_code == 403


def test_a_wrong_method_is_405_with_the_right_ones(room: TestClient, ministry: dict[str, str]) -> None:
    answer = room.put(f"{ROOM}/api/v1/eventType", headers=ministry)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_rooms_are_reached_without_r1_as_well(room: TestClient, ministry: dict[str, str]) -> None:
    begin(room, ministry)
    unprefixed = ROOM.removeprefix("/r1")
    assert room.get(f"{unprefixed}/api/v1/eventType", headers=ministry).json() == ["newBirth"]


def test_the_log_keeps_who_told_whom_what_about_whom_and_no_secret(
    room: TestClient,
    network: Any,
    ministry: dict[str, str],
    registration: dict[str, str],
    exchanges_of: Callable[[TestClient], list[dict[str, Any]]],
) -> None:
    begin(room, ministry)
    subscribe(room, registration, "PUSH")
    body = {"eventType": "newBirth", "event": {"child": "P1", "voucher": "1234567890123456"}}
    event = room.post(f"{ROOM}/pub/v1/newBirth", json=body, headers=ministry).json()["id"]
    eventually(lambda: states(room, ministry, event) == {"registration": "acknowledged"})
    lines = exchanges_of(room)
    (said,) = [line for line in lines if line["operation_id"] == "publishEvent"]
    assert said["request"]["event"] == {"child": "P1", "voucher": "[redacted]"}
    assert (said["individual"], said["fields"], said["purpose"]) == ("P1", ["request/event/child"], "to tell")
    (pushed,) = [line for line in lines if line["kind"] == "callback"]
    assert (pushed["client"], pushed["service"], pushed["correlation"]) == (MINISTRY, REGISTRATION, event)
    assert pushed["status"] == 200
    assert "1234567890123456" not in json.dumps(lines)


def test_a_reset_forgets_events(
    room: TestClient, ministry: dict[str, str], registration: dict[str, str], token: dict[str, str]
) -> None:
    begin(room, ministry)
    subscribe(room, registration)
    publish(room, ministry)
    assert room.post("/_sandbox/reset", headers=token).status_code == 200
    assert room.get(f"{ROOM}/api/v1/eventType", headers=ministry).status_code == 204
    assert room.get(f"{ROOM}/api/v1/subs", headers=registration).json() == []


def test_what_is_said_to_a_room_is_small(room: TestClient, ministry: dict[str, str]) -> None:
    begin(room, ministry)
    body = {"eventType": "newBirth", "event": {"child": "x" * 200_000}}
    assert room.post(f"{ROOM}/pub/v1/newBirth", json=body, headers=ministry).status_code == 413
