"""Identity between a browser, a relying party and an inbox, reached below its issuer as in a sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from blockkit.testing import ISSUER, SECRET, PeersDouble, as_mediator, environment_for
from blocks.identity.app import create_app
from blocks.identity.seed import load

REDIRECT = "http://service.test/back"
INBOX = "/r1/SBX/GOV/CENTRAL/messaging/inbox/"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three persons."""
    table = {
        "individual_id": ["ZZ1", "ZZ2", "ZZ3"],
        "given_name": ["Amélie", "Bo", "Cleo"],
        "family_name": ["Alba", None, "Cruz"],
        "sex": ["female", "male", "female"],
        "birth_date": pa.array([date(1980, 2, 29), date(1990, 1, 1), date(1950, 5, 5)], pa.date32()),
        "phone": ["+999100", None, "+999300"],
        "email": pa.array([None, None, None], pa.string()),
        "functional_id": ["ZZF1", "ZZF2", "ZZF3"],
    }
    pq.write_table(pa.table(table), tmp_path / "persons.parquet")
    return tmp_path


@pytest.fixture
def database(make_database: Callable[..., str], data: Path) -> str:
    return make_database(load, data)


@pytest.fixture
def client(database: str, peers: PeersDouble) -> Iterator[TestClient]:
    """The block as the mediator sees it; a message delivered to any inbox is accepted."""
    for person in ("ZZ1", "ZZ2", "ZZ3", "STAFF-payroll-maker"):
        peers.answer("POST", f"{INBOX}{person}/messages", 201, {"id": "m1"})
    with as_mediator(create_app(environment_for(database), peers.transport())) as client:
        yield client


class Public(httpx2.BaseTransport):
    """Stands where the mediator publishes the issuer's pages."""

    def __init__(self, inside: httpx2.BaseTransport) -> None:
        self._inside = inside

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        public = urlsplit(ISSUER)
        assert request.url.host == public.hostname, f"a browser was sent to {request.url}"
        assert request.url.path.startswith(public.path)
        url = request.url.copy_with(raw_path=request.url.raw_path.removeprefix(public.path.encode()))
        headers = [*request.headers.raw, (b"x-sandbox-secret", SECRET.encode())]
        return self._inside.handle_request(
            httpx2.Request(request.method, url, headers=headers, content=request.read())
        )


class FormReader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.labels: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append({"action": given["action"], "fields": {}})
        elif tag == "input":
            self.forms[-1]["fields"][given["name"]] = given.get("value", "")
        elif tag == "label":
            self.labels.add(str(given["for"]))


@dataclass
class Browser:
    """A plain browser: cookies, forms, no script."""

    web: httpx2.Client
    peers: PeersDouble

    def open(self, url: str) -> httpx2.Response:
        return self.web.get(url)

    def submit(self, page: httpx2.Response, form: int = 0, **fields: str) -> httpx2.Response:
        found = FormReader(page.text).forms[form]
        return self.web.post(found["action"], data={**found["fields"], **fields})

    def letters(self) -> list[dict[str, Any]]:
        return [json.loads(call.content) for call in self.peers.calls if INBOX in call.url.path]

    def code(self) -> str:
        found = re.search(r"\b\d{6}\b", self.letters()[-1]["text"])
        assert found
        return found.group()

    def log_in(self, url: str, individual_id: str = "ZZ1") -> httpx2.Response:
        page = self.submit(self.open(url), individual_id=individual_id)
        return self.submit(page, otp=self.code())


@dataclass
class RelyingParty:
    """A service with a client of its own, by Authlib's client library."""

    oauth: OAuth2Client
    key: ECKey
    client_id: str
    verifier: str = field(default_factory=lambda: generate_token(64))

    def url(self, **changed: Any) -> str:
        url, _ = self.oauth.create_authorization_url(
            f"{ISSUER}/authorize", code_verifier=self.verifier, nonce=generate_token(), **changed
        )
        return str(url)

    def fetch(self, location: str, **changed: Any) -> dict[str, Any]:
        code = parse_qs(urlsplit(location).query)["code"][0]
        wanted = {"code": code, "code_verifier": self.verifier, "redirect_uri": REDIRECT, **changed}
        return dict(self.oauth.fetch_token(f"{ISSUER}/oauth/token", **wanted))


@pytest.fixture
def public(client: TestClient) -> Public:
    return Public(client._transport)


@pytest.fixture
def browser(public: Public, peers: PeersDouble) -> Iterator[Browser]:
    with httpx2.Client(transport=public) as web:
        yield Browser(web, peers)


@pytest.fixture
def another_browser(public: Public, peers: PeersDouble) -> Iterator[Browser]:
    with httpx2.Client(transport=public) as web:
        yield Browser(web, peers)


@pytest.fixture
def registration() -> Callable[..., dict[str, Any]]:
    """Write a registration of a client."""

    def make(key: ECKey, client_id: str = "welfare", **changed: Any) -> dict[str, Any]:
        request = {
            "clientId": client_id,
            "clientName": "Welfare <desk>",
            "relyingPartyId": "ministry",
            "logoUri": "http://service.test/logo.svg",
            "redirectUris": [REDIRECT],
            "authContextRefs": ["idbb:acr:generated-code"],
            "publicKey": key.as_dict(private=False),
            "userClaims": ["name", "birthdate"],
            "grantTypes": ["authorization_code"],
            "clientAuthMethods": ["private_key_jwt"],
            **changed,
        }
        return {"requestTime": "2026-01-01T00:00:00Z", "request": request}

    return make


@pytest.fixture
def make_party(
    client: TestClient, public: Public, registration: Callable[..., dict[str, Any]]
) -> Iterator[Callable[..., RelyingParty]]:
    """Register a client and give its owner."""
    made: list[OAuth2Client] = []

    def make(client_id: str = "welfare") -> RelyingParty:
        key = ECKey.generate_key("P-256")
        answer = client.post("/client-mgmt/oidc-client", json=registration(key, client_id))
        assert answer.json()["errors"] == []
        oauth = OAuth2Client(
            client_id,
            key,
            token_endpoint_auth_method="private_key_jwt",
            scope="openid profile",
            redirect_uri=REDIRECT,
            code_challenge_method="S256",
            transport=public,
        )
        oauth.register_client_auth_method(PrivateKeyJWT(alg="ES256"))
        made.append(oauth)
        return RelyingParty(oauth, key, client_id)

    yield make
    for oauth in made:
        oauth.close()


@pytest.fixture
def party(make_party: Callable[..., RelyingParty]) -> RelyingParty:
    return make_party()
