"""The door to a product that is measured alone: everything passes as it is, for who has the token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

DOOR = "/_sandbox/products/registration"


@pytest.fixture
def measuring(make_app: Callable[..., Any]) -> Iterator[TestClient]:
    """A mediator before a product in registration's place that is measured."""
    app, _ = make_app(products={"registration": {"measured": "yes"}})
    with TestClient(app) as client:
        yield client


def test_a_request_passes_as_it_is_whatever_the_contract_says(
    measuring: TestClient, network: Any, token: dict[str, str]
) -> None:
    said = {**token, "Information-Mediator-Client": "anybody at all", "X-Own": "1"}
    answer = measuring.request("PURGE", f"{DOOR}/no/such%2fthing/%0A%2e?a=1&a=2", content=b"{", headers=said)
    assert answer.json() == {"path": "/no/such/thing/\n."}
    (call,) = network.made("registration")
    assert (call.method, call.url.raw_path, call.content) == (
        "PURGE",
        b"/no/such%2fthing/%0A%2e?a=1&a=2",
        b"{",
    )
    assert (call.headers["information-mediator-client"], call.headers["x-own"]) == ("anybody at all", "1")
    assert call.headers["x-sandbox-secret"] == "secret-of-registration"
    assert "information-mediator-secret" not in call.headers


def test_the_log_has_a_line_without_what_was_said(
    measuring: TestClient, token: dict[str, str], exchanges_of: Callable[..., list[dict[str, Any]]]
) -> None:
    measuring.post(f"{DOOR}/applications", json={"pin": "1234"}, headers=token)
    (line,) = exchanges_of(measuring)
    assert (line["kind"], line["block"], line["operation_id"]) == ("control", "registration", "measure")
    assert (line["request"], line["response"]) == (None, None)


def test_a_product_that_is_silent_is_told_from_one_that_answers(
    measuring: TestClient, network: Any, token: dict[str, str]
) -> None:
    network.answers[("registration", "GET", "/x")] = lambda _: httpx2.Response(
        502, headers={"X-Sandbox-Refused": "service-unreachable"}
    )
    own = measuring.get(f"{DOOR}/x", headers=token)
    assert own.status_code == 502
    assert "x-sandbox-refused" not in own.headers, "a product can't speak as the mediator"
    network.down.add("registration")
    assert measuring.get(f"{DOOR}/x", headers=token).headers["x-sandbox-refused"] == "service-unreachable"


@pytest.mark.parametrize("path", [f"{DOOR}/x", "/_sandbox/products/identity/x"])
def test_nobody_passes_without_the_token(
    measuring: TestClient, network: Any, ministry: dict[str, str], path: str
) -> None:
    wrong = {**ministry, "Information-Mediator-Secret": "guessed"}
    assert measuring.get(path, headers=wrong).status_code == 401
    assert network.calls == []


def test_where_nothing_is_measured_there_is_no_door(
    mediator: TestClient, network: Any, token: dict[str, str]
) -> None:
    for slug in ("registration", "controls", "nobody"):
        answer = mediator.get(f"/_sandbox/products/{slug}/x", headers=token)
        assert (answer.status_code, answer.headers["x-sandbox-refused"]) == (404, "no-such-service")
    assert network.calls == []
