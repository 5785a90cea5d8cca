"""Events from publishing to the last acknowledgement: pulling, pushing, dead letters."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import psycopg
import pytest
from starlette.testclient import TestClient

from blocks.information_mediator.events import pusher
from blocks.information_mediator.tests.rooms import (
    BIRTH,
    EVENT,
    MINISTRY,
    ROOM,
    Rooms,
    begin,
    publish,
    states,
    subscribe,
)
from tests.fakes.waiting import eventually


def test_an_event_type_lives_from_its_creation_to_its_end(room: TestClient, ministry: dict[str, str]) -> None:
    types = f"{ROOM}/api/v1/eventType"
    assert room.get(types, headers=ministry).status_code == 204
    begin(room, ministry)
    begin(room, ministry)
    other = {"eventType": "newBirth", "schema": {"type": "object"}}
    assert room.post(types, json=other, headers=ministry).status_code == 409
    assert room.get(types, headers=ministry).json() == ["newBirth"]
    assert room.get(f"{types}/newBirth", headers=ministry).json() == {
        "eventType": "newBirth",
        "schema": BIRTH,
    }
    assert [room.delete(f"{types}/newBirth", headers=ministry).status_code for _ in range(2)] == [204, 204]
    assert room.get(f"{types}/newBirth", headers=ministry).status_code == 204
    assert room.post(f"{ROOM}/pub/v1/newBirth", json=EVENT, headers=ministry).status_code == 404
    assert room.post(types, json=other, headers=ministry).status_code == 200


HARMFUL: tuple[Any, ...] = (
    {"$ref": "http://127.0.0.1/schema"},
    {"properties": {"a": {"$dynamicRef": "#a"}}},
    {"patternProperties": {"(a+)+$": {}}},
    {"properties": {"a": {"pattern": r"(a)\1"}}},
    {"type": "pigeon"},
    json.loads('{"not":' * 30 + "{}" + "}" * 30),
    {"properties": 1},
)


def test_a_schema_that_could_do_harm_is_refused(
    room: TestClient, ministry: dict[str, str], subtests: pytest.Subtests
) -> None:
    for schema in HARMFUL:
        with subtests.test(schema=str(schema)[:60]):
            body = {"eventType": "newBirth", "schema": schema}
            answer = room.post(f"{ROOM}/api/v1/eventType", json=body, headers=ministry)
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "schema-unfit")


def test_an_event_is_pulled_until_it_is_acknowledged(
    room: TestClient, ministry: dict[str, str], registration: dict[str, str]
) -> None:
    begin(room, ministry)
    pull = f"{ROOM}/pull/v1/newBirth"
    assert room.get(pull, headers=registration).status_code == 409
    subscribe(room, registration)
    assert room.get(pull, headers=registration).status_code == 404
    first, second = publish(room, ministry, "P1"), publish(room, ministry, "P2")
    pulled = [room.get(pull, headers=registration).json() for _ in range(2)]
    assert [each["id"] for each in pulled] == [first, first]
    assert pulled[0]["event"] == {"child": "P1"}
    assert pulled[0]["publisherId"]["applicationCode"] == "cash-transfer"
    for _ in range(2):
        assert room.delete(f"{pull}/{first}", headers=registration).status_code == 204
    assert room.get(pull, headers=registration).json()["id"] == second
    assert states(room, ministry, first) == {"registration": "acknowledged"}
    assert room.delete(f"{pull}/no-such-event", headers=registration).status_code == 404


def test_an_event_that_does_not_fit_its_type_is_refused(room: TestClient, ministry: dict[str, str]) -> None:
    begin(room, ministry)
    for wrong in ({}, {"child": 1}, {"child": "P1", "weight": "heavy"}):
        body = {"eventType": "newBirth", "event": wrong}
        answer = room.post(f"{ROOM}/pub/v1/newBirth", json=body, headers=ministry)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (400, "schema-violation")
        assert "heavy" not in answer.text
    other = {"eventType": "newDeath", "event": {"child": "P1"}}
    assert room.post(f"{ROOM}/pub/v1/newBirth", json=other, headers=ministry).status_code == 400


def test_repeating_a_named_event_publishes_nothing_twice(
    room: TestClient, ministry: dict[str, str], registration: dict[str, str]
) -> None:
    begin(room, ministry)
    subscribe(room, registration)
    key = {"Idempotency-Key": "birth-1"}
    assert publish(room, ministry, "P1", **key) == publish(room, ministry, "P1", **key)
    other = {"eventType": "newBirth", "event": {"child": "P2"}}
    answer = room.post(f"{ROOM}/pub/v1/newBirth", json=other, headers={**ministry, **key})
    assert answer.status_code == 409
    event = room.get(f"{ROOM}/pull/v1/newBirth", headers=registration).json()["id"]
    room.delete(f"{ROOM}/pull/v1/newBirth/{event}", headers=registration)
    assert room.get(f"{ROOM}/pull/v1/newBirth", headers=registration).status_code == 404


def test_a_subscription_is_its_owners(
    room: TestClient, ministry: dict[str, str], registration: dict[str, str], explorer: dict[str, str]
) -> None:
    begin(room, ministry)
    subscription = f"{ROOM}/api/v1/subs/newBirth"
    subscribe(room, registration, TTL=60)
    subscribe(room, registration, TTL=60)
    changed = {"eventType": "newBirth", "delivery": "PULL", "options": {"TTL": 61}}
    assert room.post(subscription, json=changed, headers=registration).status_code == 409
    assert room.get(subscription, headers=explorer).status_code == 404
    patched = room.patch(subscription, json={"options": {"FIFO": True}}, headers=registration)
    assert (patched.status_code, patched.json()["options"]) == (201, {"TTL": 60, "FIFO": True})
    (listed,) = room.get(f"{ROOM}/api/v1/subs", headers=registration).json()
    assert listed == patched.json()
    assert room.get(f"{ROOM}/api/v1/subs", headers=explorer).json() == []
    foreign = {"eventType": "newBirth", "subscriberId": {"instanceId": "SBX"}}
    assert room.post(subscription, json=foreign, headers=explorer).status_code == 400
    event = publish(room, ministry)
    assert [room.delete(subscription, headers=registration).status_code for _ in range(2)] == [204, 204]
    assert states(room, ministry, event) == {"registration": "cancelled"}
    subscribe(room, registration)
    assert room.get(f"{ROOM}/pull/v1/newBirth", headers=registration).status_code == 404


def test_a_block_is_pushed_to_until_it_takes_the_event(
    room: TestClient, network: Any, ministry: dict[str, str], registration: dict[str, str]
) -> None:
    begin(room, ministry)
    subscribe(room, registration, "PUSH")
    answers = iter([500, 503, 204])
    network.answers[("registration", "POST", "/events/newBirth")] = lambda _: httpx2.Response(next(answers))
    event = publish(room, ministry)
    eventually(lambda: states(room, ministry, event) == {"registration": "acknowledged"})
    pushes = network.made("registration")
    assert [json.loads(each.content)["id"] for each in pushes] == [event] * 3
    assert {each.headers["Information-Mediator-Client"] for each in pushes} == {MINISTRY}
    assert {each.headers["X-Sandbox-Secret"] for each in pushes} == {"secret-of-registration"}


def test_an_application_outside_finds_the_event_in_its_letter_box(
    room: TestClient, ministry: dict[str, str], explorer: dict[str, str], token: dict[str, str]
) -> None:
    begin(room, ministry)
    subscribe(room, explorer, "PUSH")
    event = publish(room, ministry, "P7")
    awaited = {"kind": "event", "correlationId": event, "timeoutSeconds": 20}
    message = room.get("/_sandbox/messages", params=awaited, headers=token)
    assert message.json()["body"]["event"] == {"child": "P7"}


def test_what_is_never_taken_becomes_a_dead_letter_and_can_be_delivered_again(
    room: TestClient, network: Any, ministry: dict[str, str], registration: dict[str, str]
) -> None:
    begin(room, ministry)
    subscribe(room, registration, "PUSH")
    network.down.add("registration")
    event = publish(room, ministry)
    eventually(lambda: states(room, ministry, event) == {"registration": "dead"})
    dead = f"{ROOM}/api/v1/subs/newBirth/dead"
    (letter,) = room.get(dead, headers=registration).json()
    assert (letter["id"], letter["attempts"]) == (event, pusher.MOST_ATTEMPTS)
    assert "did not answer" in letter["reason"]
    network.down.clear()
    assert room.post(f"{dead}/{event}", headers=registration).status_code == 204
    eventually(lambda: states(room, ministry, event) == {"registration": "acknowledged"})
    assert room.get(dead, headers=registration).json() == []
    assert room.post(f"{dead}/{event}", headers=registration).status_code == 404


def test_what_nobody_takes_in_its_time_is_a_dead_letter(
    rooms: Rooms, ministry: dict[str, str], registration: dict[str, str]
) -> None:
    with rooms() as (room, url):
        begin(room, ministry)
        subscribe(room, registration)
        event = publish(room, ministry)
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE deliveries SET expires_at = now()")
        assert room.get(f"{ROOM}/pull/v1/newBirth", headers=registration).status_code == 404
        publish(room, ministry)  # whoever publishes wakes the one who looks
        eventually(lambda: states(room, ministry, event) == {"registration": "dead"})
        (letter,) = room.get(f"{ROOM}/api/v1/subs/newBirth/dead", headers=registration).json()
        assert letter["reason"] == "not taken in its time"


def test_under_fifo_an_event_waits_for_the_one_before_it(
    room: TestClient, network: Any, ministry: dict[str, str], registration: dict[str, str]
) -> None:
    begin(room, ministry)
    subscribe(room, registration, "PUSH", FIFO=True)
    refusals = iter([500] * 4)
    network.answers[("registration", "POST", "/events/newBirth")] = lambda _: httpx2.Response(
        next(refusals, 200)
    )
    events = [publish(room, ministry, f"P{number}") for number in range(5)]
    eventually(lambda: states(room, ministry, events[-1]) == {"registration": "acknowledged"})
    pushed = [json.loads(each.content)["id"] for each in network.made("registration")]
    assert list(dict.fromkeys(pushed)) == events
    assert pushed[:5] == [events[0]] * 5


def test_a_stopped_event_is_delivered_no_more(
    rooms: Rooms, network: Any, ministry: dict[str, str], registration: dict[str, str]
) -> None:
    with rooms(patience=lambda _: 3600.0) as (room, _):
        begin(room, ministry)
        subscribe(room, registration, "PUSH")
        network.down.add("registration")
        event = publish(room, ministry)
        assert room.delete(f"{ROOM}/pub/v1/newBirth/{event}", headers=ministry).status_code == 204
        assert room.delete(f"{ROOM}/pub/v1/newBirth/{event}", headers=ministry).status_code == 204
        assert states(room, ministry, event) == {"registration": "cancelled"}
        assert room.delete(f"{ROOM}/pub/v1/newBirth/nothing", headers=ministry).status_code == 404


def test_another_mediator_goes_on_where_one_was_killed(
    rooms: Rooms, network: Any, ministry: dict[str, str], registration: dict[str, str]
) -> None:
    with rooms(patience=lambda _: 3600.0) as (room, url):
        begin(room, ministry)
        subscribe(room, registration, "PUSH")
        network.down.add("registration")
        events = [publish(room, ministry, f"P{number}") for number in range(3)]
    with psycopg.connect(url) as connection:  # the waits of the first would outlast this test
        connection.execute("UPDATE deliveries SET retry_at = now()")
    network.down.clear()
    network.calls.clear()
    with rooms(url) as (room, _):
        for event in events:
            eventually(lambda event=event: states(room, ministry, event) == {"registration": "acknowledged"})  # type: ignore[misc]
    assert sorted(json.loads(each.content)["id"] for each in network.made("registration")) == sorted(events)
