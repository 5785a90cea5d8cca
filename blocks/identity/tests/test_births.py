"""Children come into the register of identities by the news of their registration, and once."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble

SUBSCRIPTIONS = "/r1/SBX/GOV/CENTRAL/information-mediator/api/v1/subs/"
CHILD = {
    "individualId": "BR1",
    "givenName": "Fay",
    "familyName": "",
    "sex": "female",
    "birthDate": "2025-12-20",
}


def tell(client: TestClient, **changed: Any) -> Any:
    return client.post("/events/childRegistered", json={"id": "e1", "event": {**CHILD, **changed}})


def test_a_registered_child_is_entered_under_the_birth_number(client: TestClient) -> None:
    assert tell(client).json() == {"entered": True}
    told = client.get("/individuals/BR1").json()
    assert (told["given_name"], told["family_name"], told["birth_date"]) == ("Fay", None, "2025-12-20")


def test_news_that_comes_twice_undoes_no_correction(client: TestClient) -> None:
    tell(client)
    client.put("/enrollment", json={"request": {"id": "BR1", "fields": {"given_name": "Faye"}}})
    assert tell(client).json() == {"entered": False}
    assert client.get("/individuals/BR1").json()["given_name"] == "Faye"


@pytest.mark.parametrize("changed", [{"givenName": ""}, {"birthDate": 20251220}, {"individualId": "../x"}])
def test_unfit_news_is_refused_and_enters_nobody(client: TestClient, changed: dict[str, Any]) -> None:
    assert tell(client, **changed).status_code == 400
    assert client.get("/individuals/BR1").status_code == 404


@pytest.mark.parametrize(("told", "answered"), [(200, 200), (403, 409), (400, 409), (503, 502)])
def test_following_says_whether_there_is_such_news(
    client: TestClient, peers: PeersDouble, told: int, answered: int
) -> None:
    peers.answer("POST", f"{SUBSCRIPTIONS}childRegistered", told, {})
    assert client.put("/births/sources/childRegistered").status_code == answered


def test_an_exercise_takes_a_person_out(client: TestClient) -> None:
    wish = {"individualId": "ZZ1", "change": {"missing": True}}
    assert client.post("/_sandbox/plant", json=wish).status_code == 201
    assert client.get("/individuals/ZZ1").status_code == 404
    assert client.post("/_sandbox/plant", json=wish).status_code == 404
