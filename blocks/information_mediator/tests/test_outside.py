"""A product that runs somewhere else is called there alone, shown no secret, and leads nobody away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from blocks.information_mediator.outside import Outside, leads_elsewhere

SUBMIT = "/r1/SBX/GOV/CENTRAL/registration/applications"
FAR = {"url": "https://registration/api", "clock": "real", "outside": {"socket": ""}}


@pytest.fixture
def far(make_app: Callable[..., Any]) -> Iterator[TestClient]:
    """A mediator before a product elsewhere in registration's place."""
    app, _ = make_app(products={"registration": FAR})
    with TestClient(app) as client:
        yield client


def test_it_is_called_below_its_address_and_shown_no_secret(
    far: TestClient, network: Any, ministry: dict[str, str]
) -> None:
    assert far.post(SUBMIT, json={}, headers=ministry).json() == {"path": "/api/applications"}
    (call,) = network.made("registration")
    assert "x-sandbox-secret" not in call.headers
    assert "information-mediator-secret" not in call.headers


@pytest.mark.parametrize(
    "location", ["https://other.example/x", "http://registration/api", "//other.example"]
)
def test_an_answer_that_leads_to_another_host_is_refused(
    far: TestClient, network: Any, ministry: dict[str, str], location: str
) -> None:
    network.answers[("registration", "POST", "/api/applications")] = lambda _: httpx2.Response(
        307, headers={"Location": location}
    )
    answer = far.post(SUBMIT, json={}, headers=ministry, follow_redirects=False)
    assert (answer.status_code, answer.json()["title"]) == (502, "led elsewhere")
    assert "location" not in answer.headers


def test_an_answer_that_stays_there_is_given_as_it_is() -> None:
    assert leads_elsewhere("https://a.example/x", 303, "/y") == ""
    assert leads_elsewhere("https://a.example/x", 201, "https://other.example/y") == ""


def test_it_is_ready_when_it_answers_for_itself(far: TestClient, network: Any, token: dict[str, str]) -> None:
    def readiness() -> Any:
        return far.get("/_sandbox/readiness", headers=token).json()["instances"]["registration"]["ready"]

    network.answers[("registration", "GET", "/api/readyz")] = lambda _: httpx2.Response(404)
    assert readiness() is True
    network.answers[("registration", "GET", "/api/readyz")] = lambda _: httpx2.Response(503)
    assert readiness() is False


def test_nothing_is_planted_in_it_and_its_clock_is_left_alone(
    far: TestClient, network: Any, token: dict[str, str]
) -> None:
    planting = {"block": "registration", "individualId": "P1", "change": {"income": 1}}
    assert far.post("/_sandbox/plants", json=planting, headers=token).status_code == 422
    assert far.post("/_sandbox/clock", json={"offset_seconds": 60}, headers=token).status_code == 200
    assert network.made("registration") == []


def test_its_key_is_not_shown_where_settings_are() -> None:
    assert "private" not in repr(Outside(key="private"))
