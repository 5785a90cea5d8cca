"""What the tests of publishing and subscribing say to rooms, and who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

MINISTRY = "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"
EXPLORER = "SBX/GOV/SANDBOX/explorer"
REGISTRATION = "SBX/GOV/CENTRAL/registration"
REGISTRY = "SBX/GOV/CENTRAL/digital-registries"
ROOM = "/r1/SBX/GOV/CENTRAL/information-mediator"
BIRTH = {
    "type": "object",
    "required": ["child"],
    "properties": {
        "child": {"type": "string", "x-personal": True, "x-subject": True},
        "voucher": {"type": "string", "x-secret": True},
        "weight": {"type": "integer"},
    },
}
EVENT = {"eventType": "newBirth", "event": {"child": "P1"}}
WHY = {"purpose": "to tell", "legal_basis": "section 3", "retention": "a day", "recipient": "registers"}


def topic(client: str, *acts: str, types: tuple[str, ...] = ("newBirth",)) -> dict[str, Any]:
    room = ROOM.removeprefix("/r1/")
    return {"client": client, "room": room, "event_types": types, "acts": acts, **WHY}


TOPICS = [
    topic(MINISTRY, "manage", "publish"),
    topic(REGISTRATION, "subscribe"),
    topic(REGISTRY, "subscribe"),
    topic(EXPLORER, "subscribe"),
]
Rooms = Callable[..., Any]


def begin(client: TestClient, ministry: dict[str, str]) -> None:
    created = client.post(
        f"{ROOM}/api/v1/eventType", json={"eventType": "newBirth", "schema": BIRTH}, headers=ministry
    )
    assert created.status_code == 200, created.text


def subscribe(client: TestClient, who: dict[str, str], delivery: str = "PULL", **options: Any) -> None:
    wanted = {"eventType": "newBirth", "delivery": delivery, "options": options}
    answer = client.post(f"{ROOM}/api/v1/subs/newBirth", json=wanted, headers=who)
    assert answer.status_code == 200, answer.text


def publish(client: TestClient, ministry: dict[str, str], child: str = "P1", **headers: str) -> str:
    answer = client.post(
        f"{ROOM}/pub/v1/newBirth",
        json={"eventType": "newBirth", "event": {"child": child}},
        headers={**ministry, **headers},
    )
    assert answer.status_code == 201, answer.text
    identifier: str = answer.json()["id"]
    return identifier


def states(client: TestClient, ministry: dict[str, str], event: str) -> dict[str, str]:
    told = client.get(f"{ROOM}/pub/v1/newBirth/{event}", headers=ministry).json()["deliveries"]
    return {each["subscriberId"]["applicationCode"]: each["state"] for each in told}
