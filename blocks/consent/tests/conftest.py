"""The consent block as the mediator sees it, with one data agreement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.consent.app import create_app
from blocks.consent.seed import load

OWN = "/service/individual/record"


@dataclass
class People:
    """Acts for people, each with a token of their own unless told otherwise."""

    client: TestClient
    peers: PeersDouble

    def token(self, individual: str, *roles: str) -> dict[str, str]:
        return {"Authorization": self.peers.token(individual, *(roles or ("citizen",)))}

    def agree(self, individual: str, *, by: dict[str, str] | None = None, **query: str) -> Any:
        return self.client.post(
            f"{OWN}/data-agreement/cash-transfer/",
            params={"individualId": individual, **query},
            headers=by or self.token(individual),
        )

    def say(self, individual: str, record: str, opt_in: Any, *, by: dict[str, str] | None = None) -> Any:
        return self.client.put(
            f"{OWN}/consent-record/{record}/",
            json={"consentRecord": {"optIn": opt_in}},
            headers=by or self.token(individual),
        )

    def verify(self, individual: str) -> list[Any]:
        """Ask what the information mediator asks."""
        answer = self.client.get(
            "/service/verification/consent-records/",
            params={"individualId": individual, "dataAgreementId": "cash-transfer"},
        )
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["consentRecords"]
        return found


@pytest.fixture
def database(make_database: Callable[..., str]) -> str:
    return make_database(load)


@pytest.fixture
def client(database: str, peers: PeersDouble) -> Iterator[TestClient]:
    with as_mediator(create_app(environment_for(database), peers.transport())) as client:
        yield client


@pytest.fixture
def people(client: TestClient, peers: PeersDouble, agreement: dict[str, Any]) -> People:
    created = client.post("/config/data-agreement/", json={"dataAgreement": agreement})
    assert created.status_code == 200, created.text
    return People(client, peers)


@pytest.fixture
def agreement() -> dict[str, Any]:
    return {
        "id": "cash-transfer",
        "version": "1.0",
        "purpose": "Check the household against the registers.",
        "lawfulBasis": "consent",
        "dpia": "Fictitious assessment 12.",
    }
