"""An exercise changes the registry's copy of a person, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient


def plant(client: TestClient, person: str = "ZZ0", **what: Any) -> int:
    return client.post("/_sandbox/plant", json={"individualId": person, **what}).status_code


def read(ask: Any, person: str = "ZZ0") -> Any:
    return ask("read", "individuals", query={"individualId": person})


def test_a_birth_date_is_changed(client: TestClient, ask: Any) -> None:
    assert plant(client, change={"birth_date": "1999-09-09"}) == 201
    assert read(ask).json()["content"]["birthDate"] == "1999-09-09"
    assert read(ask, "ZZ1").json()["content"]["birthDate"] == "1981-01-31"


def test_a_person_goes_missing(client: TestClient, ask: Any) -> None:
    assert plant(client, change={"missing": True}) == 201
    assert read(ask).status_code == 404
    assert plant(client, change={"missing": True}) == 404


def test_land_is_burdened(client: TestClient, ask: Any) -> None:
    assert plant(client, change={"restriction": "flood zone"}) == 201
    told = ask("read", "parcels", query={"ownerId": "ZZ0"}).json()["content"]
    assert (told["parcelId"], told["restriction"]) == ("PA-0", "flood zone")
    assert plant(client, "ZZ1", change={"restriction": "flood zone"}) == 404
    for nothing in ("", 3, "x" * 101):
        assert plant(client, change={"restriction": nothing}) == 422


def test_a_death_is_recorded_on_its_date_or_today(client: TestClient, ask: Any) -> None:
    assert plant(client, event={"kind": "death", "date": "2026-02-01"}) == 201
    assert read(ask).json()["content"]["deathDate"] == "2026-02-01"
    today = client.post("/_sandbox/clock", json={"offset_seconds": 40 * 86400}).json()["today"]
    assert plant(client, "ZZ1", event={"kind": "death"}) == 201
    told = read(ask, "ZZ1").json()["content"]
    assert (told["alive"], told["deathDate"]) == (False, today)


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"change": {"given_name": "Eve"}},
        {"change": {"missing": False}},
        {"change": {"birth_date": "31.1.1980"}},
        {"event": {"kind": "birth"}},
        {"event": {"kind": "death", "cause": "unknown"}},
        {"change": {"missing": True}, "event": {"kind": "death"}},
    ],
)
def test_what_can_not_be_planted_is_refused(client: TestClient, what: dict[str, Any]) -> None:
    assert plant(client, **what) == 422


def test_nobody_is_nobody(client: TestClient) -> None:
    assert plant(client, "NOBODY", change={"missing": True}) == 404
