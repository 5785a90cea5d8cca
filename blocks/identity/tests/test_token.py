"""What the token endpoint refuses, and what a refusal takes away."""

from __future__ import annotations

import base64
import hmac
import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from blockkit.testing import ISSUER

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def code(browser: Any, party: Any) -> str:
    location = browser.log_in(party.url()).headers["location"]
    return parse_qs(urlsplit(location).query)["code"][0]


@dataclass
class Exchange:
    """Presents a code with an assertion of the client; either may be changed."""

    client: TestClient
    party: Any
    code: str

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        fresh = {"iss": "welfare", "sub": "welfare", "aud": f"{ISSUER}/oauth/token", "iat": now}
        claims = {**fresh, "exp": now + 60, "jti": uuid.uuid4().hex, **changed}
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, key: Any = None, **changed: Any) -> str:
        return jwt.encode({"alg": "ES256"}, self.claims(**changed), key or self.party.key)

    def __call__(self, assertion: str | None = None, **form: Any) -> Any:
        fields = {
            "grant_type": "authorization_code",
            "code": self.code,
            "redirect_uri": "http://service.test/back",
            "code_verifier": self.party.verifier,
            "client_id": "welfare",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.sign(),
            **form,
        }
        return self.client.post("/oauth/token", data={k: v for k, v in fields.items() if v is not None})


@pytest.fixture
def exchange(client: TestClient, party: Any, code: str) -> Exchange:
    return Exchange(client, party, code)


def refused(answer: Any, error: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text


def test_a_good_request_passes(exchange: Exchange) -> None:
    answer = exchange()
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "http://elsewhere.test/oauth/token"},
        {"exp": int(time.time()) - 600},
        {"exp": int(time.time()) + 10**6},
        {"exp": None},
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"sub": 7},
        {"sub": "a\x00b", "iss": "a\x00b"},
        {"jti": None},
    ],
)
def test_an_unfit_assertion_is_refused(exchange: Exchange, changed: dict[str, Any]) -> None:
    refused(exchange(exchange.sign(**changed)), "invalid_client")
    assert exchange().status_code == 200


def test_an_assertion_counts_once(exchange: Exchange, party: Any) -> None:
    signed = exchange.sign()
    refused(exchange(signed, code="wrong"), "invalid_grant")
    refused(exchange(signed), "invalid_client")


def test_an_unsigned_assertion_is_refused(exchange: Exchange) -> None:
    for algorithm in ("none", "None", "ES256"):
        refused(exchange(forge(algorithm, exchange.claims(), lambda _: b"")), "invalid_client")


def test_a_foreign_or_borrowed_key_is_refused(exchange: Exchange, party: Any) -> None:
    refused(exchange(exchange.sign(ECKey.generate_key("P-256"))), "invalid_client")
    public = party.key.as_pem(private=False)
    forged = forge("HS256", exchange.claims(), lambda text: hmac.digest(public, text, "sha256"))
    refused(exchange(forged), "invalid_client")
    refused(exchange("not.a.jwt"), "invalid_client")
    refused(exchange(client_assertion=None), "invalid_client")


def forge(algorithm: str, claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """Write by hand what no library would sign."""

    def encode(part: bytes) -> str:
        return base64.urlsafe_b64encode(part).decode().rstrip("=")

    text = f"{encode(json.dumps({'alg': algorithm}).encode())}.{encode(json.dumps(claims).encode())}"
    return f"{text}.{encode(sign(text.encode()))}"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"code": "guess"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"redirect_uri": "http://service.test/elsewhere"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": "x" * 64}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"client_id": "somebody"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": 'pass"word'}, "invalid_request"),
    ],
)
def test_an_unfit_request_is_refused(exchange: Exchange, form: Any, error: str) -> None:
    refused(exchange(**form), error)


def test_a_code_of_another_client_is_refused(exchange: Exchange, make_party: Callable[..., Any]) -> None:
    other = make_party("health")
    refused(exchange(exchange.sign(other.key, iss="health", sub="health"), client_id=None), "invalid_grant")


def test_a_replayed_code_is_refused_and_takes_its_token_with_it(
    client: TestClient, exchange: Exchange
) -> None:
    token = exchange().json()["access_token"]

    def userinfo() -> Any:
        return client.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert userinfo().status_code == 200
    refused(exchange(), "invalid_grant")
    assert userinfo().status_code == 401
    assert "invalid_token" in userinfo().headers["www-authenticate"]


def test_a_code_presented_by_many_at_once_is_good_once(exchange: Exchange) -> None:
    with ThreadPoolExecutor(6) as crowd:
        statuses = sorted(answer.status_code for answer in crowd.map(lambda _: exchange(), range(6)))
    assert statuses == [200, 400, 400, 400, 400, 400]


def test_userinfo_wants_an_access_token(client: TestClient, exchange: Exchange) -> None:
    assert client.get("/oidc/userinfo").status_code == 401
    id_token = exchange().json()["id_token"]
    assert client.get("/oidc/userinfo", headers={"Authorization": f"Bearer {id_token}"}).status_code == 401


def test_a_new_epoch_voids_keys_codes_and_tokens(
    client: TestClient, browser: Any, party: Any, exchange: Exchange
) -> None:
    token = exchange().json()["access_token"]
    before = client.get("/.well-known/jwks.json").json()["keys"]
    waiting = browser.submit(browser.open(party.url()), individual_id="ZZ1")
    location = browser.log_in(party.url()).headers["location"]
    client.post("/_sandbox/clock", json={"offset_seconds": 0, "epoch": 7})
    after = client.get("/.well-known/jwks.json").json()["keys"]
    assert [key["kid"].split("-")[1] for key in before + after] == ["0", "7"]
    assert "d" not in after[0]
    assert client.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    with pytest.raises(Exception, match="code"):
        party.fetch(location)
    assert browser.submit(waiting, otp=browser.code()).status_code == 403
    assert party.fetch(browser.log_in(party.url()).headers["location"])["access_token"]


def test_the_same_epoch_again_keeps_the_keys(client: TestClient) -> None:
    client.post("/_sandbox/clock", json={"offset_seconds": 0, "epoch": 3})
    before = client.get("/.well-known/jwks.json").json()
    client.post("/_sandbox/clock", json={"offset_seconds": 31 * 86400, "epoch": 3})
    assert client.get("/.well-known/jwks.json").json() == before


def test_all_first_requests_at_once_see_one_key(client: TestClient) -> None:
    with ThreadPoolExecutor(6) as crowd:
        seen = list(crowd.map(lambda _: client.get("/.well-known/jwks.json").json(), range(6)))
    assert all(each == seen[0] for each in seen)


def test_tokens_outlive_a_jump_of_the_sandboxs_clock(client: TestClient, browser: Any, party: Any) -> None:
    client.post("/_sandbox/clock", json={"offset_seconds": 400 * 86400, "epoch": 0})
    token = party.fetch(browser.log_in(party.url()).headers["location"])["access_token"]
    client.post("/_sandbox/clock", json={"offset_seconds": 800 * 86400, "epoch": 0})
    assert client.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code == 200
