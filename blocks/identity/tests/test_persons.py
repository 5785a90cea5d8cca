"""Enrolment, verification and what exercises plant."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient


def verify(client: TestClient, individual: str, **claims: Any) -> Any:
    answer = client.post("/verifications", json={"individualId": individual, "claims": claims})
    assert answer.status_code == 200, answer.text
    return answer.json()


def enrol(client: TestClient, individual: str, **fields: Any) -> Any:
    return client.put("/enrollment", json={"request": {"id": individual, "fields": fields}})


def plant(client: TestClient, individual: str, **wish: Any) -> int:
    return client.post("/_sandbox/plant", json={"individualId": individual, **wish}).status_code


def test_what_agrees_and_what_does_not_is_told_by_name(client: TestClient) -> None:
    good = {"match": True, "mismatches": [], "known": True}
    assert verify(client, "ZZ1", given_name="AME\u0301LIE", family_name=" alba ") == good
    assert verify(client, "ZZ1", given_name="Amelia", birth_date="1980-02-28", family_name="Alba") == {
        "match": False,
        "mismatches": ["given_name", "birth_date"],
        "known": True,
    }
    assert verify(client, "ZZ1") == good
    assert verify(client, "ZZ2", family_name="") == good
    assert verify(client, "ZZ404", given_name="X") == {"match": False, "mismatches": [], "known": False}


def test_the_right_value_is_never_told(client: TestClient) -> None:
    answer = client.post("/verifications", json={"individualId": "ZZ1", "claims": {"given_name": "X"}})
    assert "lie" not in answer.text


@pytest.mark.parametrize(
    "body",
    [{}, {"individualId": "ZZ1"}, {"individualId": "ZZ1", "claims": {"shoe_size": 44}}, [], None],
)
def test_an_unfit_question_is_refused(client: TestClient, body: Any) -> None:
    assert client.post("/verifications", json=body).status_code == 400


@pytest.mark.parametrize(
    "changed", [{"requesttime": 8730}, {"request": {"id": "ZZ9", "fields": {"fullName": "X", "email": None}}}]
)
def test_what_the_published_form_of_an_enrolment_has_no_place_for_is_refused(
    client: TestClient, changed: dict[str, Any]
) -> None:
    body = {"request": {"id": "ZZ9", "fields": {"fullName": "X"}}, **changed}
    assert client.put("/enrollment", json=body).status_code == 400
    assert not verify(client, "ZZ9")["known"]


def test_a_planted_change_shows_and_can_be_planted_back(client: TestClient) -> None:
    assert plant(client, "ZZ1", change={"given_name": "Emily", "birth_date": "1981-01-01"}) == 201
    assert verify(client, "ZZ1", given_name="Amélie", birth_date="1980-02-29")["mismatches"] == [
        "given_name",
        "birth_date",
    ]
    assert plant(client, "ZZ1", change={"given_name": "Amélie"}) == 201
    assert verify(client, "ZZ1", given_name="Amélie")["match"]


def test_what_cannot_be_planted_is_refused(client: TestClient) -> None:
    assert plant(client, "ZZ404", change={"given_name": "X"}) == 404
    for wish in (
        {"change": {"roles": ["registrar"]}},
        {"change": {}},
        {"change": {"birth_date": "soon"}},
        {"change": {"given_name": 5}},
        {"event": {"kind": "birth"}},
        {},
    ):
        assert plant(client, "ZZ1", **wish) == 422


def test_enrolment_enters_a_person_and_brings_them_up_to_date(client: TestClient) -> None:
    assert enrol(client, "NEW-1", fullName="Dara", gender="female").status_code == 201
    assert enrol(client, "NEW-1", fullName="Dara", birth_date="2001-01-01").status_code == 200
    told = client.get("/individuals/NEW-1").json()
    assert (told["given_name"], told["gender"], told["birth_date"]) == ("Dara", "female", "2001-01-01")
    assert enrol(client, "NEW-1", fullName="Dara").json()["response"][0]["id"] == "NEW-1"


def test_an_unfit_enrolment_is_refused(client: TestClient) -> None:
    assert client.put("/enrollment").status_code == 400
    assert enrol(client, "NEW-1").status_code == 400
    assert enrol(client, "no spaces", fullName="X").status_code == 400
    assert client.get("/individuals/NEW-1").status_code == 404
    assert client.get("/individuals/a%00b").status_code == 400
