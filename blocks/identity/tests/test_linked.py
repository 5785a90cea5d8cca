"""A wallet finishes a log-in: its code is taken once and in time, and only what was agreed is told."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from cryptography import x509
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.testclient import TestClient

from blockkit.testing import ISSUER

PARTNER = {"PARTNER-ID": "wallets", "PARTNER-API-KEY": "k"}


def send(client: TestClient, path: str, request: Any, **headers: str) -> dict[str, Any]:
    body = {"requestTime": "2026-01-01T00:00:00.000Z", "request": request}
    answer = client.post(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert bool(told["response"]) != bool(told["errors"])
    return told


def error(told: dict[str, Any]) -> str:
    return str(told["errors"][0]["errorCode"])


@dataclass
class Wallet:
    """An app on a person's own device."""

    client: TestClient
    browser: Any
    individual_id: str
    key: ECKey
    user: str = ""

    def bind(self, code: str | None = None, **changed: Any) -> dict[str, Any]:
        if code is None:
            send(self.client, "/wallet-binding/code", {"individualId": self.individual_id}, **PARTNER)
            code = self.browser.code()
        request = {
            "individualId": self.individual_id,
            "authFactorType": "WLA",
            "format": "jwt",
            "challengeList": [{"authFactorType": "OTP", "challenge": code, "format": "alpha-numeric"}],
            "publicKey": self.key.as_dict(private=False),
            **changed,
        }
        return send(self.client, "/wallet-binding", request, **PARTNER)

    def take(self, code: str) -> dict[str, Any]:
        return send(self.client, "/linked-authorization/link-transaction", {"linkCode": code})

    def prove(self, transaction: str, key: ECKey | None = None, **changed: Any) -> dict[str, Any]:
        claims = {
            "iss": self.user,
            "aud": ISSUER,
            "nonce": transaction,
            "exp": int(time.time()) + 60,
            **changed,
        }
        challenge = jwt.encode({"alg": "ES256"}, claims, key or self.key, algorithms=["ES256"])
        return self.show(transaction, challenge)

    def show(self, transaction: str, challenge: str) -> dict[str, Any]:
        request = {
            "linkedTransactionId": transaction,
            "individualId": self.individual_id,
            "challengeList": [{"authFactorType": "WLA", "challenge": challenge, "format": "jwt"}],
        }
        return send(self.client, "/linked-authorization/authenticate", request)

    def agree(self, transaction: str, scopes: list[str], claims: list[str]) -> dict[str, Any]:
        request = {
            "linkedTransactionId": transaction,
            "permittedAuthorizeScopes": scopes,
            "acceptedClaims": claims,
        }
        return send(self.client, "/linked-authorization/consent", request)


@dataclass
class Screen:
    """The browser's side."""

    client: TestClient
    transaction: str
    xsrf: str

    def ask(self, path: str, **more: str) -> dict[str, Any]:
        request = {"transactionId": self.transaction, **more}
        return send(self.client, f"/linked-authorization/{path}", request, **{"X-XSRF-TOKEN": self.xsrf})

    def code(self) -> str:
        return str(self.ask("link-code")["response"]["linkCode"])


@pytest.fixture
def wallet(client: TestClient, browser: Any) -> Wallet:
    """A wallet that is bound to ZZ1."""
    made = Wallet(client, browser, "ZZ1", ECKey.generate_key("P-256"))
    made.user = made.bind()["response"]["walletUserId"]
    return made


@pytest.fixture
def screen(client: TestClient, browser: Any, party: Any) -> Screen:
    page = browser.open(party.url())
    (transaction,) = set(re.findall(r"name=login value='([^']+)'", page.text))
    return Screen(client, transaction, browser.web.cookies["XSRF-TOKEN"])


def test_the_whole_way_through_a_wallet(
    client: TestClient, wallet: Wallet, screen: Screen, party: Any
) -> None:
    code = screen.code()
    assert error(screen.ask("link-status", linkCode=code)) == "response_timeout"
    offer = wallet.take(code)["response"]
    assert offer["clientName"] == "Welfare <desk>"
    assert offer["authorizeScopes"] == ["openid", "profile"]
    assert offer["voluntaryClaims"] == ["name", "birthdate"]
    assert screen.ask("link-status", linkCode=code)["response"]["linkStatus"] == "LINKED"
    transaction = offer["linkTransactionId"]
    assert error(wallet.agree(transaction, ["openid"], [])) == "invalid_transaction"
    assert wallet.prove(transaction)["response"] == {"linkedTransactionId": transaction}
    assert error(screen.ask("link-auth-code", linkedCode=code)) == "response_timeout"
    assert error(wallet.agree(transaction, ["openid", "phone"], [])) == "invalid_permitted_scope"
    assert error(wallet.agree(transaction, ["openid"], ["email"])) == "invalid_accepted_claim"
    wallet.agree(transaction, ["openid", "profile"], ["birthdate"])
    told = screen.ask("link-auth-code", linkedCode=code)["response"]
    token = party.fetch(f"{told['redirectUri']}?code={told['code']}")
    keys = KeySet.import_key_set(client.get("/.well-known/jwks.json").json())
    claims = jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims
    assert (claims["acr"], claims["nonce"]) == ("idbb:acr:linked-wallet", told["nonce"])
    answer = client.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"})
    shared = jwt.decode(answer.text, keys, algorithms=["ES256"]).claims
    assert ("birthdate" in shared, "name" in shared) == (True, False)
    assert error(screen.ask("link-auth-code", linkedCode=code)) == "invalid_transaction_id"


def test_a_link_code_is_taken_once_and_in_time(wallet: Wallet, screen: Screen, database: str) -> None:
    code = screen.code()
    wallet.take(code)
    assert error(wallet.take(code)) == "invalid_link_code"
    late = screen.code()
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE links SET ends_at = now() - interval '1 second'")
    assert error(wallet.take(late)) == "invalid_link_code"
    assert error(wallet.take("guess")) == "invalid_link_code"
    first, second = screen.code(), screen.code()
    assert error(wallet.take(first)) == "invalid_link_code"
    assert wallet.take(second)["response"]
    assert screen.code()
    assert error(screen.ask("link-code")) == "link_code_gen_failed"


def test_only_the_browser_that_began_it_goes_on(client: TestClient, wallet: Wallet, screen: Screen) -> None:
    code = screen.code()
    for stranger in (Screen(client, screen.transaction, "other"), Screen(client, "other", screen.xsrf)):
        assert error(stranger.ask("link-code")) == "invalid_transaction_id"
        assert error(stranger.ask("link-status", linkCode=code)) == "invalid_transaction_id"
        assert error(stranger.ask("link-auth-code", linkedCode=code)) == "invalid_transaction_id"
    assert error(Screen(client, screen.transaction, "").ask("link-code")) == "invalid_request"
    assert error(screen.ask("link-status", linkCode="other")) == "invalid_link_code"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "http://elsewhere.test"},
        {"nonce": "another transaction"},
        {"exp": int(time.time()) - 10},
        {"exp": int(time.time()) + 10**6},
        {"iss": "another wallet"},
    ],
)
def test_a_proof_made_out_for_something_else_is_none(
    wallet: Wallet, screen: Screen, changed: dict[str, Any]
) -> None:
    transaction = wallet.take(screen.code())["response"]["linkTransactionId"]
    assert error(wallet.prove(transaction, **changed)) == "auth_failed"
    assert wallet.prove(transaction)["response"]


def test_the_third_proof_that_fails_ends_the_link(wallet: Wallet, screen: Screen) -> None:
    transaction = wallet.take(screen.code())["response"]["linkTransactionId"]
    foreign = ECKey.generate_key("P-256")
    unsigned = "eyJhbGciOiJub25lIn0.e30."
    assert error(wallet.prove(transaction, foreign)) == "auth_failed"
    assert error(wallet.show(transaction, unsigned)) == "auth_failed"
    assert error(wallet.show(transaction, "nonsense")) == "auth_failed"
    assert error(wallet.prove(transaction)) == "invalid_transaction"


def test_the_pages_do_the_same_without_a_script(browser: Any, wallet: Wallet, party: Any) -> None:
    page = browser.submit(browser.open(party.url()), form=2)
    (code,) = re.findall(r"<code>([^<]+)</code>", page.text)
    assert "not agreed yet" in browser.submit(page).text
    transaction = wallet.take(code)["response"]["linkTransactionId"]
    wallet.prove(transaction)
    wallet.agree(transaction, ["openid"], [])
    back = browser.submit(page)
    assert back.status_code == 303
    assert "code" in parse_qs(urlsplit(back.headers["location"]).query)
    assert party.fetch(back.headers["location"])["scope"] == "openid"


def test_a_wallet_is_bound_with_a_certificate(wallet: Wallet) -> None:
    again = wallet.bind()["response"]
    assert again["walletUserId"] == wallet.user
    certificate = x509.load_pem_x509_certificate(again["certificate"].encode())
    assert certificate.subject.rfc4514_string() == f"CN={wallet.user}"
    assert certificate.public_key() == wallet.key.public_key


def test_a_code_binds_once_and_a_key_belongs_to_one(client: TestClient, browser: Any, wallet: Wallet) -> None:
    assert error(wallet.bind(browser.code())) == "invalid_auth_challenge"
    other = Wallet(client, browser, "ZZ2", wallet.key)
    assert error(other.bind()) == "duplicate_public_key"
    unfit = [
        ({"publicKey": {"kty": "oct", "k": "AA"}}, "invalid_public_key"),
        ({"challengeList": [{"authFactorType": "BIO", "challenge": "x", "format": "jwt"}]}, "unsupported"),
        ({"authFactorType": "PIN"}, "key_binding_failed"),
        ({"individualId": ""}, "invalid_request"),
    ]
    for changed, code in unfit:
        assert error(other.bind("000000", **changed)).startswith(code)
    request = {"individualId": "ZZ1"}
    assert error(send(client, "/wallet-binding/code", request)) == "invalid_request"


def test_nobodys_inbox_is_flooded_with_binding_codes(client: TestClient, browser: Any) -> None:
    before = len(browser.letters())
    for person in ["ZZ1"] * 6 + ["ZZ404"]:
        told = send(client, "/wallet-binding/code", {"individualId": person}, **PARTNER)
        assert told["response"] == {"individualId": person}
    assert len(browser.letters()) - before == 3


def test_codes_that_log_nobody_in_are_bounded_over_all_log_ins(
    browser: Any, party: Any, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blocks.identity.logins.MOST_LETTERS_OF_ONE", 4)
    for _ in range(6):
        browser.submit(browser.open(party.url()), individual_id="ZZ1")
    assert len(browser.letters()) == 4
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE logins SET finished = true")
    browser.submit(browser.open(party.url()), individual_id="ZZ1")
    assert len(browser.letters()) == 5


def test_the_word_against_forgeries_is_strict(browser: Any, party: Any) -> None:
    cookies = browser.open(party.url()).headers.get_list("set-cookie")
    (word,) = [each for each in cookies if each.startswith("XSRF-TOKEN=")]
    assert "SameSite=strict" in word
