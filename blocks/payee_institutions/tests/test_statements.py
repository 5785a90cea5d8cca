"""People read their own accounts in a browser, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.payee_institutions.app import create_app

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def bank(database: str, peers: PeersDouble) -> Iterator[TestClient]:
    with as_mediator(create_app(environment_for(database), peers.transport())) as client:
        yield client


def of(peers: PeersDouble, individual: str) -> dict[str, str]:
    token = peers.token(individual, "citizen").removeprefix("Bearer ")
    return {"Cookie": f"payee-institutions-session={token}"}


def test_a_credit_is_on_its_holders_page_alone(
    bank: TestClient, peers: PeersDouble, instruction: Make
) -> None:
    sent = {"settlementId": "S1", "instructions": [instruction(1, account=0)]}
    assert bank.post("/institutions/ZZBANK01/settlements", json=sent).status_code == 200
    page = bank.get("/statements", headers=of(peers, "ZZ0"))
    assert page.status_code == 200
    assert "ZZBANK01, account ACC0" in page.text
    assert "CYCLE1-000000001" in page.text
    assert "Balance: <strong>20.5 XTS</strong>" in page.text
    others = bank.get("/statements", headers=of(peers, "ZZ1")).text
    assert "ACC0" not in others
    assert "Nothing has arrived yet." in others
    assert "You hold no account here." in bank.get("/statements", headers=of(peers, "ZZ4")).text


@pytest.mark.parametrize("cookie", [{}, {"Cookie": "payee-institutions-session=made-up"}])
def test_a_stranger_is_asked_to_log_in(bank: TestClient, cookie: dict[str, str]) -> None:
    page = bank.get("/statements", headers=cookie)
    assert "Log in" in page.text
    assert "account ACC" not in page.text


def test_a_form_of_another_log_in_is_refused(bank: TestClient, peers: PeersDouble) -> None:
    answer = bank.post("/statements/logout", data={"seal": "another"}, headers=of(peers, "ZZ0"))
    assert answer.status_code == 403
    assert "open the page again" in answer.text


def test_what_somebody_wrote_into_an_instruction_is_no_markup(
    bank: TestClient, peers: PeersDouble, instruction: Make
) -> None:
    sent = {"settlementId": "S1", "instructions": [instruction(1, narration="<b>now</b>")]}
    assert bank.post("/institutions/ZZBANK01/settlements", json=sent).status_code == 200
    page = bank.get("/statements", headers=of(peers, "ZZ0")).text
    assert "&lt;b&gt;now&lt;/b&gt;" in page
    assert "<b>now" not in page


def test_a_block_that_runs_alone_says_that_nobody_can_log_in(database: str) -> None:
    alone = {**environment_for(database), "SANDBOX_SECRET": ""}
    with TestClient(create_app(alone)) as client:
        assert "runs alone" in client.get("/statements").text
        assert "runs alone" in client.get("/statements/login", follow_redirects=False).text
