"""The consent block as the mediator sees it, with one data agreement."""

from __future__ import annotations

import base64
import itertools
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from blockkit.standalone import Server
from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.consent.app import create_app
from blocks.consent.seed import load

OWN = "/service/individual/record"


@dataclass
class People:
    """Acts for people, each with a token of their own unless told otherwise."""

    client: TestClient
    officer: TestClient
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
def app(database: str, peers: PeersDouble) -> FastAPI:
    return create_app(environment_for(database), peers.transport(), patience=lambda _: 0.0)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Whoever has a right at the mediator, without a token."""
    with as_mediator(app) as client:
        yield client


@pytest.fixture
def officer(client: TestClient, peers: PeersDouble) -> TestClient:
    """The registrar, who configures and audits; on the same running block."""
    desk = as_mediator(client.app)  # type: ignore[arg-type]  # Starlette's own type is wider
    desk.headers["Authorization"] = peers.token("STAFF-registrar", "registrar")
    return desk


@pytest.fixture
def people(client: TestClient, officer: TestClient, peers: PeersDouble, agreement: dict[str, Any]) -> People:
    created = officer.post("/config/data-agreement/", json={"dataAgreement": agreement})
    assert created.status_code == 200, created.text
    return People(client, officer, peers)


class LetterBox:
    """Stands where the mediator's letter-boxes stand; refuses as often as told, and lets a test wait."""

    def __init__(self) -> None:
        self.refusals = 0
        self._taken: list[dict[str, Any]] = []
        self._changed = threading.Condition()

    def take(self, request: httpx2.Request) -> httpx2.Response:
        with self._changed:
            if self.refusals > 0:
                self.refusals -= 1
                return httpx2.Response(503)
            about = {"kind": request.url.path.rpartition("/")[2], "to": request.headers["X-CorrelationID"]}
            self._taken.append({**about, "body": json.loads(request.content)})
            self._changed.notify_all()
        return httpx2.Response(202)

    def wait_for(self, to: str, count: int) -> list[dict[str, Any]]:
        """Give what was delivered to one webhook, once it is so many."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self._for(to)) >= count, timeout=60)
            assert enough, self._taken
            return self._for(to)

    def _for(self, to: str) -> list[dict[str, Any]]:
        return [each for each in self._taken if each["to"] == to]


@dataclass
class Office:
    """One running block that the tests of a module share, each with people and documents of its own."""

    client: TestClient
    officer: TestClient
    peers: PeersDouble
    database: str
    owner: Callable[[str], list[Any]]
    box: LetterBox
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def person(self) -> tuple[str, dict[str, str]]:
        """Give somebody new, with their own token."""
        name = f"P{next(self._numbers)}"
        return name, {"Authorization": self.peers.token(name, "citizen")}

    def agreement(self, **more: Any) -> str:
        """Publish a data agreement, and give its id."""
        text = {"id": f"A{next(self._numbers)}", "purpose": "Try.", "lawfulBasis": "consent", **more}
        made = self.officer.post("/config/data-agreement/", json={"dataAgreement": text})
        assert made.status_code == 200, made.text
        return str(text["id"])

    def agree(self, agreement: str, by: dict[str, str]) -> dict[str, Any]:
        """Agree, and give the record."""
        path = f"{OWN}/data-agreement/{agreement}/"
        made = self.client.post(path, params={"individualId": self.named(by)}, headers=by)
        assert made.status_code == 200, made.text
        record: dict[str, Any] = made.json()["consentRecord"]
        return record

    @staticmethod
    def named(by: dict[str, str]) -> str:
        """Give whose token it is."""
        middle = by["Authorization"].split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(middle + "=="))["individual_id"])


@pytest.fixture(scope="module")
def office(postgres: Server, loaded: Callable[..., str]) -> Iterator[Office]:
    place, _, template = loaded(load).rpartition("/")
    name = f"office_{secrets.token_hex(4)}"
    postgres.clone_database(name, template)
    peers = PeersDouble()

    def as_owner(statement: str) -> list[Any]:
        with psycopg.connect(postgres.url(name)) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]  # written in these tests
            return cursor.fetchall() if cursor.description else []

    box, rest = LetterBox(), peers.transport()

    def route(request: httpx2.Request) -> httpx2.Response:
        return box.take(request) if "/callbacks/" in request.url.path else rest.handle_request(request)

    transport = httpx2.MockTransport(route)
    app = create_app(environment_for(f"{place}/{name}"), transport, patience=lambda _: 0.0)
    with as_mediator(app) as client:
        officer = as_mediator(app)
        officer.headers["Authorization"] = peers.token("STAFF-registrar", "registrar")
        yield Office(client, officer, peers, f"{place}/{name}", as_owner, box)
    postgres.drop_database(name)


@pytest.fixture
def agreement() -> dict[str, Any]:
    return {
        "id": "cash-transfer",
        "version": "1.0",
        "purpose": "Check the household against the registers.",
        "lawfulBasis": "consent",
        "dpia": "Fictitious assessment 12.",
    }
