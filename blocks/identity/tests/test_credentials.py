"""Credentials are signed once, count until they don't, and outlive a rotation of keys."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.testclient import TestClient

WISH: dict[str, Any] = {
    "requestId": "birth-1",
    "individualId": "ZZ1",
    "type": "BirthCertificate",
    "claims": {"childGivenName": "Bo", "weight": 3.5},
    "validDays": 30,
}
DAY = 86_400


def issue(client: TestClient, **changed: Any) -> Any:
    return client.post("/credentials", json={**WISH, **changed})


def verify(client: TestClient, document: str) -> tuple[bool, str]:
    told = client.post("/credentials/verifications", json={"credential": document}).json()
    assert "individualId" not in told
    return told["valid"], told["status"]


def change(client: TestClient, credential: str, act: str) -> Any:
    return client.post(f"/credentials/{credential}/{act}", json={"reason": "an error"})


def rotate(client: TestClient, reason: str = "scheduled") -> list[str]:
    answer = client.post("/keys/rotations", json={"reason": reason})
    assert answer.status_code == 201
    return [key["kid"] for key in answer.json()["keys"]]


def test_a_credential_is_signed_and_the_same_request_gives_the_same_one(client: TestClient) -> None:
    first = issue(client)
    assert (first.status_code, issue(client).json()) == (201, first.json())
    keys = KeySet.import_key_set(client.get("/.well-known/jwks.json").json())
    token = jwt.decode(first.json()["credential"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "vc+jwt"
    assert token.claims["vc"]["credentialSubject"] == WISH["claims"]
    assert issue(client, validDays=31).status_code == 409
    assert issue(client, requestId="other", individualId="ZZ404").status_code == 404
    read = client.get(f"/credentials/{first.json()['id']}").json()
    assert (read["status"], "credential" in read) == ("active", False)


def test_it_is_suspended_reinstated_and_revoked_for_good(client: TestClient) -> None:
    told = issue(client).json()
    document, credential = told["credential"], told["id"]
    assert verify(client, document) == (True, "active")
    assert change(client, credential, "suspension").json()["status"] == "suspended"
    assert change(client, credential, "suspension").status_code == 200
    assert verify(client, document) == (False, "suspended")
    assert change(client, credential, "reinstatement").json()["status"] == "active"
    assert change(client, credential, "revocation").json()["reason"] == "an error"
    assert verify(client, document) == (False, "revoked")
    for act in ("suspension", "reinstatement"):
        assert change(client, credential, act).status_code == 409
    assert change(client, "urn:nothing", "revocation").status_code == 404


def test_it_expires_by_the_sandboxs_date(client: TestClient) -> None:
    document = issue(client).json()["credential"]
    client.post("/_sandbox/clock", json={"offset_seconds": 31 * DAY})
    assert verify(client, document) == (False, "expired")


def test_what_nobody_here_signed_is_foreign(client: TestClient) -> None:
    document = issue(client).json()["credential"]
    head, body, signature = document.split(".")
    for forged in (f"{head}.{body}.", f"{head}.{body[:-2]}AA.{signature}", "x", "a.b.c"):
        assert verify(client, forged) == (False, "foreign")


@pytest.mark.parametrize("changed", [{"claims": {"a": "\x00"}}, {"claims": {"a": []}}, {"validDays": 0}])
def test_an_unfit_credential_is_refused(client: TestClient, changed: dict[str, Any]) -> None:
    assert issue(client, **changed).status_code == 400


def test_an_older_key_counts_until_it_is_given_up(client: TestClient) -> None:
    document = issue(client).json()["credential"]
    (first,) = [key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]]
    newest, *older = rotate(client)
    assert older == [first]
    assert verify(client, document) == (True, "active")
    signed = issue(client, requestId="birth-2").json()["credential"]
    assert jwt.decode(signed, KeySet.import_key_set(client.get("/.well-known/jwks.json").json())).header[
        "kid"
    ] == (newest)
    (only,) = rotate(client, "compromised")
    assert only not in (first, newest)
    assert verify(client, document) == (False, "foreign")


def test_a_person_keeps_their_pseudonym_when_keys_rotate(
    client: TestClient, browser: Any, party: Any
) -> None:
    def subject() -> str:
        token = party.fetch(browser.log_in(party.url()).headers["location"])
        keys = KeySet.import_key_set(client.get("/.well-known/jwks.json").json())
        return str(jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims["sub"])

    before = subject()
    rotate(client, "compromised")
    assert subject() == before


def test_a_key_that_rotates_in_mid_session_ends_no_session(
    client: TestClient, browser: Any, party: Any
) -> None:
    waiting = browser.submit(browser.open(party.url()), individual_id="ZZ1")
    sent = browser.code()
    rotate(client)
    token = party.fetch(browser.submit(waiting, otp=sent).headers["location"])["access_token"]
    rotate(client)

    def userinfo() -> int:
        return client.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code

    assert userinfo() == 200
    rotate(client, "compromised")
    assert userinfo() == 401
