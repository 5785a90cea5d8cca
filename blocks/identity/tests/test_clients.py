"""Client management in the published form: 200 with the client's id, or with error codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from starlette.testclient import TestClient

Write = Callable[..., dict[str, Any]]


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [error["errorCode"] for error in answer.json()["errors"]]


def create(client: TestClient, document: Any) -> list[str]:
    return codes(client.post("/client-mgmt/oidc-client", json=document))


def test_a_client_is_registered_once_and_replays_get_the_same_answer(
    client: TestClient, registration: Write
) -> None:
    key = ECKey.generate_key("P-256")
    for _ in range(2):
        answer = client.post("/client-mgmt/oidc-client", json=registration(key))
        assert (answer.json()["response"], answer.json()["errors"]) == ({"clientId": "welfare"}, [])
    assert create(client, registration(ECKey.generate_key("P-256"))) == ["duplicate_client_id"]


@pytest.mark.parametrize(
    "key", [OKPKey.generate_key("Ed25519"), RSAKey.generate_key(2048)], ids=["OKP", "RSA"]
)
def test_other_kinds_of_public_keys_are_taken(client: TestClient, registration: Write, key: Any) -> None:
    assert create(client, registration(key)) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"clientId": ""}, "invalid_client_id"),
        ({"clientId": "a b"}, "invalid_client_id"),
        ({"clientName": ""}, "invalid_client_name"),
        ({"logoUri": "javascript:alert(1)"}, "invalid_uri"),
        ({"redirectUris": []}, "invalid_redirect_uri"),
        ({"redirectUris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirectUris": ["http://a.test/#f"]}, "invalid_redirect_uri"),
        ({"redirectUris": ["http://a.test; script-src *"]}, "invalid_redirect_uri"),
        ({"redirectUris": ["http://good.test@evil.test/"]}, "invalid_redirect_uri"),
        ({"authContextRefs": ["guess"]}, "invalid_acr"),
        ({"userClaims": ["shoe_size"]}, "invalid_claim"),
        ({"grantTypes": ["implicit"]}, "invalid_grant_type"),
        ({"clientAuthMethods": ["none"]}, "invalid_client_auth"),
        ({"relyingPartyId": None}, "invalid_rp_id"),
        ({"publicKey": {}}, "invalid_public_key"),
        ({"publicKey": {"kty": "EC", "crv": "P-256"}}, "invalid_public_key"),
        ({"publicKey": ECKey.generate_key("P-256").as_dict(private=True)}, "invalid_public_key"),
        ({"publicKey": OctKey.generate_key(256).as_dict()}, "invalid_public_key"),
    ],
)
def test_an_unfit_client_is_refused_by_field(
    client: TestClient, registration: Write, changed: dict[str, Any], code: str
) -> None:
    assert create(client, registration(ECKey.generate_key("P-256"), **changed)) == [code]


def test_of_a_key_only_what_verifies_is_kept(client: TestClient, registration: Write, database: str) -> None:
    key = ECKey.generate_key("P-256", {"kid": "k1"}).as_dict(private=False)
    assert create(client, registration(ECKey.import_key(key), publicKey={**key, "note": "\x00" * 9})) == []
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT public_key FROM clients").fetchall() == [(key,)]


@pytest.mark.parametrize("kid", ["\x00", "x" * 9999, ["k1"], None])
def test_a_key_with_an_odd_member_is_refused(client: TestClient, registration: Write, kid: Any) -> None:
    key = ECKey.generate_key("P-256")
    document = {**key.as_dict(private=False), "kid": kid}
    assert create(client, registration(key, publicKey=document)) == ["invalid_public_key"]


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_short_rsa_key_is_refused(client: TestClient, registration: Write) -> None:
    assert create(client, registration(RSAKey.generate_key(1024))) == ["invalid_public_key"]


def test_a_missing_body_is_answered(client: TestClient) -> None:
    assert codes(client.post("/client-mgmt/oidc-client")) == ["invalid_request"]
    assert create(client, []) == ["invalid_request"]
    assert create(client, {"request": {}}) == ["invalid_input"]


def test_a_closed_client_logs_nobody_in(
    client: TestClient, browser: Any, party: Any, registration: Write
) -> None:
    page = browser.submit(browser.open(party.url()), individual_id="ZZ1")
    changed = registration(party.key)
    changed["request"]["status"] = "inactive"
    assert codes(client.put("/client-mgmt/oidc-client/welfare", json=changed)) == []
    assert browser.submit(page, otp=browser.code()).status_code == 400
    assert browser.open(party.url()).status_code == 400


def test_only_known_clients_are_changed(client: TestClient, registration: Write) -> None:
    changed = registration(ECKey.generate_key("P-256"))
    assert codes(client.put("/client-mgmt/oidc-client/nobody", json=changed)) == ["invalid_request"]
    changed["request"]["status"] = "active"
    assert codes(client.put("/client-mgmt/oidc-client/nobody", json=changed)) == ["invalid_client_id"]
