"""For blocks' own tests: a real database, a client that speaks as the mediator, and peers that answer.

Loaded as a pytest plugin by the repository's `conftest.py`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.testclient import TestClient

from blockkit.methods import routes_of
from blockkit.standalone import Load, Server, throw_away_server

SECRET = "secret-between-mediator-and-block"  # noqa: S105  of tests alone
ISSUER = "http://public.test/public/identity"
MEDIATOR = "http://mediator.test"
Answer = Callable[[httpx2.Request], httpx2.Response]


@dataclass
class PeersDouble:
    """Stands where the mediator stands: publishes keys, takes callbacks, answers calls as told.

    `answers` maps `(method, path)` to a function; a call nobody answers gives 404, as the
    mediator would for an unknown service. `calls` keeps every request in order.
    """

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "test", "use": "sig"}))
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    calls: list[httpx2.Request] = field(default_factory=list)
    callbacks: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, method: str, path: str, status: int, body: Any) -> None:
        """Answer `path` of the mediator with a fixed document."""
        self.answers[(method, path)] = lambda _: httpx2.Response(status, json=body)

    def token(
        self,
        individual_id: str,
        *roles: str,
        lifetime: timedelta = timedelta(minutes=5),
        kind: str = "at+jwt",
    ) -> str:
        """Issue an `Authorization` header value that the block under test will accept, if `kind` is left."""
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "sub": individual_id,
            "individual_id": individual_id,
            "roles": list(roles),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
        }
        header = {"alg": "ES256", "kid": "test", "typ": kind}
        return "Bearer " + jwt.encode(header, claims, self.key, algorithms=["ES256"])

    def transport(self) -> httpx2.MockTransport:
        """Give what replaces the network: `create_app(environment, transport=...)`."""
        return httpx2.MockTransport(self._route)

    def _route(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path == "/public/identity/.well-known/jwks.json":
            return httpx2.Response(200, json=KeySet([self.key]).as_dict(private=False))
        self.calls.append(request)
        if path.startswith("/callbacks/"):
            body = json.loads(request.content)
            self.callbacks.append(
                {
                    "kind": path.removeprefix("/callbacks/"),
                    "correlation": request.headers.get("X-CorrelationID"),
                    "body": body,
                }
            )
            return httpx2.Response(202)
        answer = self.answers.get((request.method, path))
        return answer(request) if answer else httpx2.Response(404, json={"type": "urn:x/no-such-service"})


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One throw-away server for all tests of the session."""
    with throw_away_server() as server:
        yield server


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def loaded(postgres: Server) -> Callable[[Load], str]:
    """Load a block's empty schema once a session; gives the serving role's URL of that database."""

    @cache
    def load_once(load: Load) -> str:
        return postgres.make_database(f"loaded_{next(_numbers)}", load, Path("/nonexistent"))

    return load_once


@pytest.fixture
def make_database(postgres: Server, loaded: Callable[[Load], str]) -> Iterator[Callable[..., str]]:
    """Make loaded databases: `make_database(load, data=None)` gives the serving role's URL.

    Without data it is a clone of what was loaded once, and so is as good as new.
    """
    made: list[str] = []

    def make(load: Load, data: Path | None = None) -> str:
        name = f"test_{next(_numbers)}"
        made.append(name)
        if data is not None:
            return postgres.make_database(name, load, data)
        place, _, template = loaded(load).rpartition("/")
        postgres.clone_database(name, template)
        return f"{place}/{name}"

    yield make
    for name in made:
        postgres.drop_database(name)


@pytest.fixture
def peers() -> PeersDouble:
    """Everything outside the block under test."""
    return PeersDouble()


def environment_for(database_url: str) -> Mapping[str, str]:
    """Give the six names a block in a sandbox gets."""
    return {
        "PORT": "8080",
        "DATABASE_URL": database_url,
        "MEDIATOR_URL": MEDIATOR,
        "ISSUER_URL": ISSUER,
        "SANDBOX_ID": "test",
        "SANDBOX_SECRET": SECRET,
    }


def as_mediator(app: FastAPI) -> TestClient:
    """Give a client that proves itself as the mediator; use it in a `with` block, which runs the lifespan."""
    return TestClient(app, headers={"X-Sandbox-Secret": SECRET, "X-Exchange-Id": "ex-test"})


def served_operations(app: FastAPI) -> set[tuple[str, str]]:
    """List (METHOD, path template) that the code serves, the block's own plumbing left out."""
    plumbing = (
        "/_sandbox",
        "/healthz",
        "/readyz",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/static-offline-docs",
    )
    return {
        (method, route.path)
        for route in routes_of(app.router)
        for method in getattr(route, "methods", None) or ()
        if method != "HEAD" and hasattr(route, "path") and not route.path.startswith(plumbing)
    }


def contract_operations(contract: Mapping[str, Any]) -> set[tuple[str, str]]:
    """List (METHOD, path template) that a contract promises."""
    methods = {"get", "put", "post", "delete", "patch"}
    return {
        (method.upper(), path)
        for path, item in contract["paths"].items()
        for method in item
        if method in methods
    }
