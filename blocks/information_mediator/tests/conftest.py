"""A small country of toy applications around a real mediator with a real database."""

from __future__ import annotations

import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from blockkit.settings import outbound_secret
from blockkit.standalone import Load
from blocks.information_mediator.app import create_app
from blocks.information_mediator.events.pusher import grow
from blocks.information_mediator.seed import load
from blocks.information_mediator.tests.rooms import EXPLORER, MINISTRY, REGISTRATION, REGISTRY, TOPICS, Rooms
from tests.fakes.serving import serving

TOKEN = "token-of-the-sandbox"
WHY = {
    "purpose": "to verify an application",
    "legal_basis": "Social Protection Act, section 4",
    "retention": "one year",
    "recipient": "the social ministry",
}
BLOCKS = ("registration", "digital-registries", "identity", "consent", "controls")


def operation(identifier: str, method: str, path: str, **more: Any) -> dict[str, Any]:
    return {"operation_id": identifier, "method": method, "path": path, "summary": identifier, **more}


def wiring() -> dict[str, Any]:
    def service(slug: str, *operations: dict[str, Any], public: tuple[str, ...] = ()) -> dict[str, Any]:
        name = "sandbox" if slug == "controls" else slug
        return {
            "application": f"SBX/GOV/CENTRAL/{name}",
            "block": slug,
            "name": slug,
            "operations": list(operations),
            "public": list(public),
        }

    def right(client: str, slug: str, *operations: str, consent: str | None = None) -> dict[str, Any]:
        service = f"SBX/GOV/CENTRAL/{slug}"
        return {"client": client, "service": service, "operations": operations, "consent": consent, **WHY}

    return {
        "services": [
            service("registration", operation("submit", "POST", "/applications")),
            service(
                "digital-registries",
                operation(
                    "readPerson",
                    "GET",
                    "/persons/{individualId}",
                    subject="path/individualId",
                    personal=[
                        "path/individualId",
                        "query/district",
                        "response/name",
                        "response/children/*/name",
                        "response/phone",
                    ],
                    secret=["response/pin_hint"],
                ),
                operation("findPersons", "GET", "/persons", subject="query/individualId"),
                operation("countPersons", "GET", "/persons/count", subject="response/about/id"),
                operation(
                    "writePerson",
                    "POST",
                    "/persons",
                    subject="request/person/id",
                    personal=["request/person/name"],
                    secret=["request/person/voucher"],
                ),
                operation("upload", "POST", "/documents"),
            ),
            service(
                "identity",
                operation("authorize", "GET", "/authorize"),
                operation("readUser", "GET", "/users/{id}"),
                public=("/authorize", "/.well-known/"),
            ),
            service("consent"),
            service("controls", operation("tally", "POST", "/tally")),
        ],
        "clients": [
            {"application": MINISTRY, "name": "Cash transfer", "proof": "sandbox"},
            {"application": EXPLORER, "name": "Explorer", "proof": "sandbox"},
            {"application": REGISTRATION, "name": "Registration", "proof": "block", "block": "registration"},
            {"application": REGISTRY, "name": "Registries", "proof": "block", "block": "digital-registries"},
        ],
        "rights": [
            right(MINISTRY, "registration", "submit"),
            right(MINISTRY, "digital-registries", "countPersons", "upload", "writePerson"),
            right(MINISTRY, "sandbox", "*"),
            right(EXPLORER, "sandbox", "*"),
            right(REGISTRATION, "digital-registries", "readPerson", "findPersons", consent="cash-transfer"),
        ],
    }


@dataclass
class Network:
    """Everything behind the mediator. `answers` maps (host, method, path) to a function of the request."""

    answers: dict[tuple[str, str, str], Callable[[httpx2.Request], Any]] = field(default_factory=dict)
    calls: list[httpx2.Request] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    consents: set[tuple[str, str]] = field(default_factory=set)

    def answer(self, slug: str, method: str, path: str, body: Any, status: int = 200, **more: Any) -> None:
        self.answers[(slug, method, path)] = lambda _: httpx2.Response(status, json=body, **more)

    def made(self, slug: str) -> list[httpx2.Request]:
        return [call for call in self.calls if call.url.host == slug]

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._serve)

    async def _serve(self, request: httpx2.Request) -> httpx2.Response:
        slug = request.url.host
        if slug in self.down:
            raise httpx2.ConnectError("connection refused")
        self.calls.append(request)
        if slug == "consent" and request.url.path.startswith("/service/verification/"):
            return self._consent(request)
        answer = self.answers.get((slug, request.method, request.url.path))
        if answer is None:
            return httpx2.Response(200, json={"path": request.url.path})
        answered = answer(request)
        return await answered if isinstance(answered, Awaitable) else answered

    def _consent(self, request: httpx2.Request) -> httpx2.Response:
        asked = (request.url.params["individualId"], request.url.params["dataAgreementId"])
        record = {
            "id": "1",
            "individual": {"id": "77", "externalId": asked[0]},
            "dataAgreement": asked[1],
            "state": "signed",
            "optIn": asked in self.consents,
        }
        return httpx2.Response(200, json={"consentRecords": [record]})


@pytest.fixture
def wiring_document() -> dict[str, Any]:
    return wiring()


@pytest.fixture
def network() -> Network:
    return Network()


@cache
def loader_of(document: str) -> Load:
    """Give what loads one wiring; the same for the same one, which is then loaded once a session."""

    def load_document(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
        del data
        with TemporaryDirectory() as folder:
            (Path(folder) / "wiring.json").write_text(document)
            load(connection, Path(folder), role=role)

    return load_document


@pytest.fixture
def make_app(make_database: Callable[..., str], network: Network) -> Callable[..., tuple[FastAPI, str]]:
    """Give `make(document, peers, database) -> (app, database url)`."""

    def make(
        document: dict[str, Any] | None = None,
        peers: dict[str, str] | None = None,
        database: str = "",
        patience: Callable[[int], float] = grow,
        products: dict[str, dict[str, str]] | None = None,
    ) -> tuple[FastAPI, str]:
        url = database or make_database(loader_of(json.dumps(document or wiring())))
        addresses = {slug: f"http://{slug}" for slug in BLOCKS} if peers is None else peers
        environment = {
            "DATABASE_URL": url,
            "SANDBOX_ID": "test",
            "SANDBOX_SECRET": "mediators-own",
            "SANDBOX_TOKEN": TOKEN,
            "ALLOWED_HOSTS": "testserver,127.0.0.1",
            "PEERS": json.dumps(
                {
                    slug: {"url": at, "secret": f"secret-of-{slug}", **(products or {}).get(slug, {})}
                    for slug, at in addresses.items()
                }
            ),
        }
        transport = None if peers is not None else network.transport()
        return create_app(environment, transport, patience), url

    return make


@pytest.fixture
def made(make_app: Callable[..., tuple[FastAPI, str]]) -> tuple[FastAPI, str]:
    return make_app()


@pytest.fixture
def database(made: tuple[FastAPI, str]) -> str:
    return made[1]


@pytest.fixture
def mediator(made: tuple[FastAPI, str]) -> Iterator[TestClient]:
    """A client without any header of its own."""
    with TestClient(made[0]) as client:
        yield client


def as_ministry() -> dict[str, str]:
    return {"Information-Mediator-Client": MINISTRY, "Information-Mediator-Secret": TOKEN}


def as_block(slug: str) -> dict[str, str]:
    return {
        "Information-Mediator-Client": f"SBX/GOV/CENTRAL/{slug}",
        "Information-Mediator-Secret": outbound_secret(f"secret-of-{slug}"),
    }


@pytest.fixture
def ministry() -> dict[str, str]:
    return as_ministry()


@pytest.fixture
def registration() -> dict[str, str]:
    return as_block("registration")


@pytest.fixture
def token() -> dict[str, str]:
    return {"Information-Mediator-Secret": TOKEN}


@pytest.fixture
def exchanges_of(token: dict[str, str]) -> Callable[..., list[dict[str, Any]]]:
    def read(client: TestClient, /, **wanted: Any) -> list[dict[str, Any]]:
        answer = client.get("/_sandbox/exchanges", params=wanted, headers=token)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["exchanges"]
        return found

    return read


@pytest.fixture
def exchanges(
    mediator: TestClient, exchanges_of: Callable[..., list[dict[str, Any]]]
) -> Callable[..., list[dict[str, Any]]]:
    return partial(exchanges_of, mediator)


@pytest.fixture
def serve() -> Callable[..., Any]:
    return serving


@pytest.fixture
def rows() -> Callable[[str, str], list[tuple[Any, ...]]]:
    def run(url: str, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url) as connection:
            return connection.execute(query).fetchall()

    return run


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that listens on the loopback, for processes that come and go behind it."""
    with socket.create_server(("127.0.0.1", 0)) as ours:
        yield ours


@pytest.fixture
def wired(wiring_document: dict[str, Any]) -> dict[str, Any]:
    return {**wiring_document, "topics": TOPICS}


@pytest.fixture
def rooms(make_app: Callable[..., Any], wired: dict[str, Any]) -> Rooms:
    """Give `rooms(database='', patience=...)`, a context with a client and the database's URL."""

    @contextmanager
    def run(database: str = "", patience: Callable[[int], float] = lambda _: 0.0) -> Iterator[Any]:
        app, url = make_app(wired, database=database, patience=patience)
        with TestClient(app) as client:
            yield client, url

    return run


@pytest.fixture
def room(rooms: Rooms) -> Iterator[TestClient]:
    with rooms() as (client, _):
        yield client


@pytest.fixture
def explorer(token: dict[str, str]) -> dict[str, str]:
    return {"Information-Mediator-Client": EXPLORER, **token}
