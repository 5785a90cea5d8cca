"""People sign with keys of their own, and anybody can verify it; what is altered is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey
from starlette.testclient import TestClient

from blockkit.testing import as_mediator, environment_for
from blocks.consent.app import create_app
from blocks.consent.seed import load

OWN = "/service/individual/record"
METHOD = "jws-by-own-key"
KEY = ECKey.generate_key("P-256")


def signed(payload: str, key: Any = KEY, alg: str = "ES256", **header: Any) -> str:
    whole = {"alg": alg, "jwk": key.as_dict(private=False), **header}
    return jws.serialize_compact(whole, payload.encode(), key, algorithms=[alg])


def asking(office: Any, record: str, by: dict[str, str]) -> dict[str, Any]:
    path = f"{OWN}/consent-record/{record}/signature/"
    answer = office.client.post(path, json={"signature": {"verificationMethod": METHOD}}, headers=by)
    assert answer.status_code == 200, answer.text
    asked: dict[str, Any] = answer.json()["signature"]
    return asked


def signing(office: Any, record: str, by: dict[str, str], signature: str) -> Any:
    path = f"{OWN}/consent-record/{record}/signature/"
    return office.client.put(path, json={"signature": {"signature": signature}}, headers=by)


@pytest.mark.parametrize(
    ("key", "alg"), [(KEY, "ES256"), (OKPKey.generate_key("Ed25519"), "Ed25519")], ids=["ES256", "Ed25519"]
)
def test_a_person_signs_with_a_key_of_their_own(office: Any, key: Any, alg: str) -> None:
    _, by = office.person()
    record = office.agree(office.agreement(), by)["id"]
    asked = asking(office, record, by)
    assert asking(office, record, by) == asked
    assert asked["signature"] == ""
    snapshot = asked["verificationPayload"]
    assert json.loads(snapshot)["objectData"]["optIn"] is True
    digest = hashlib.sha256(snapshot.encode()).hexdigest()
    assert json.loads(asked["payload"])["verificationPayloadHash"] == digest

    mine = signed(asked["payload"], key, alg)
    answer = signing(office, record, by, mine)
    assert answer.status_code == 200, answer.text
    made = answer.json()["signature"]
    assert (made["id"], made["signature"], made["verificationMethod"]) == (asked["id"], mine, METHOD)
    assert made["verificationSignedBy"].endswith(key.thumbprint())
    assert signing(office, record, by, mine).json() == answer.json()
    assert signing(office, record, by, signed(asked["payload"])).status_code == 400
    read = office.officer.get(f"/audit/consent-record/{record}/").json()["consentRecord"]
    assert (read["state"], read["signature"]) == ("signed", made)
    assert asking(office, record, by) == made


def spoiled(payload: str) -> dict[str, str]:
    whole = signed(payload)
    head, body, tail = whole.split(".")
    private = {"alg": "ES256", "jwk": KEY.as_dict(private=True)}
    return {
        "nothing": "",
        "no token": "a.b.c",
        "another payload": signed(payload + " "),
        "a tail cut off": f"{head}.{body}.{tail[:-8]}",
        "another key": signed(payload, ECKey.generate_key("P-256"), jwk=KEY.as_dict(private=False)),
        "no key": jws.serialize_compact({"alg": "ES256"}, payload.encode(), KEY, algorithms=["ES256"]),
        "a private key": jws.serialize_compact(private, payload.encode(), KEY, algorithms=["ES256"]),
        "another kind of key": signed(payload, RSAKey.generate_key(2048), "RS256"),
        "a key that is no text": jws.serialize_compact(
            {"alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": 1, "y": 2}},
            payload.encode(),
            KEY,
            algorithms=["ES256"],
        ),
        "no signature at all": f"{'eyJhbGciOiJub25lIn0'}.{body}.",
    }


def test_no_signature_is_taken_that_does_not_verify(office: Any) -> None:
    _, by = office.person()
    record = office.agree(office.agreement(), by)["id"]
    asked = asking(office, record, by)
    for fault, signature in spoiled(asked["payload"]).items():
        assert signing(office, record, by, signature).status_code == 400, fault
    assert signing(office, record, by, signed(asked["payload"])).status_code == 200


def test_nobody_signs_for_somebody_else(office: Any) -> None:
    _, by = office.person()
    _, other = office.person()
    record = office.agree(office.agreement(), by)["id"]
    asked = asking(office, record, by)
    assert signing(office, record, other, signed(asked["payload"])).status_code == 403
    assert signing(office, record, {}, signed(asked["payload"])).status_code == 401
    assert signing(office, "none", by, signed(asked["payload"])).status_code == 404


def test_a_payload_is_void_once_the_record_says_something_else(office: Any) -> None:
    _, by = office.person()
    record = office.agree(office.agreement(), by)["id"]
    asked = asking(office, record, by)
    change = {"consentRecord": {"optIn": False}}
    office.client.put(f"{OWN}/consent-record/{record}/", json=change, headers=by)
    late = signing(office, record, by, signed(asked["payload"]))
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (400, "nothing-to-sign")
    fresh = asking(office, record, by)
    assert fresh["payload"] != asked["payload"]
    assert signing(office, record, by, signed(fresh["payload"])).status_code == 200


def test_a_draft_is_signed_before_anything_is_kept(office: Any) -> None:
    name, by = office.person()
    agreement = office.agreement()
    draft = office.client.post(
        f"{OWN}/consent-record/draft/",
        params={"individualId": name, "dataAgreementId": agreement},
        headers=by,
    ).json()
    assert "id" not in draft["signature"]
    mine = signed(draft["signature"]["payload"])
    body = {**draft, "signature": {**draft["signature"], "signature": mine}}
    other = {**draft, "signature": {"signature": signed("{}")}}
    assert office.client.post(f"{OWN}/consent-record/", json=other, headers=by).status_code == 400
    turned = {**body, "consentRecord": {**draft["consentRecord"], "optIn": False}}
    assert office.client.post(f"{OWN}/consent-record/", json=turned, headers=by).status_code == 400
    first, again = (office.client.post(f"{OWN}/consent-record/", json=body, headers=by) for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.json() == again.json()
    made = first.json()["signature"]
    assert (made["signature"], made["signedWithoutObjectReference"]) == (mine, True)
    assert made["objectReference"] == first.json()["revision"]["id"]


def test_a_block_that_runs_alone_goes_from_unsigned_over_pending_to_signed(
    make_database: Callable[..., str],
) -> None:
    alone = {**environment_for(make_database(load)), "SANDBOX_SECRET": ""}
    with as_mediator(create_app(alone)) as client:
        agreement = {"id": "a", "purpose": "Try.", "lawfulBasis": "consent"}
        client.post("/config/data-agreement/", json={"dataAgreement": agreement})
        mine = {"individualId": "ZZ1"}
        record = client.post(f"{OWN}/data-agreement/a/", params=mine).json()["consentRecord"]["id"]
        path = f"{OWN}/consent-record/{record}/"
        states = [state_of(client)]
        asked = client.post(f"{path}signature/", params=mine, json={"signature": {}}).json()["signature"]
        states.append(state_of(client))
        body = {"signature": {"signature": signed(asked["payload"])}}
        assert client.put(f"{path}signature/", params=mine, json=body).status_code == 200
        states.append(state_of(client))
        client.post(f"{OWN}/data-agreement/a/", params=mine)
        states.append(state_of(client))
        client.put(path, params=mine, json={"consentRecord": {"optIn": False}})
        states.append(state_of(client))
        assert states == ["unsigned", "pending more signatures", "signed", "signed", "unsigned"]
        assert client.get("/audit/chain/").json()["holds"] is True


def state_of(client: TestClient) -> str:
    (record,) = client.get("/service/verification/consent-records/").json()["consentRecords"]
    return str(record["state"])


ATTACKS = {
    "the hash is not the snapshot's": "UPDATE revisions SET serialized_snapshot = "
    "replace(serialized_snapshot, 'Try.', 'Sell.') WHERE object_id = '{agreement}'",
    "what holds now is something else": "UPDATE records SET opt_in = NOT opt_in WHERE id = '{record}'",
    "it does not name the one before": "UPDATE revisions SET predecessor_hash = NULL, schema_name = 'Policy' "
    "WHERE object_id = '{record}' AND predecessor_hash IS NOT NULL",
    "the signature does not verify": "UPDATE signatures SET signature = 'a.b.c' WHERE revision_id = "
    "(SELECT revision_id FROM records WHERE id = '{record}')",
    "something else was signed": "UPDATE signatures s SET signature = o.signature, payload = o.payload "
    "FROM signatures o WHERE s.revision_id = (SELECT revision_id FROM records WHERE id = '{record}') "
    "AND o.revision_id <> s.revision_id AND o.method = s.method",
    "it is called signed, and no signature is there": "DELETE FROM signatures WHERE revision_id = "
    "(SELECT revision_id FROM records WHERE id = '{record}')",
}


@pytest.mark.parametrize("fault", ATTACKS)
def test_an_altered_history_is_found(office: Any, fault: str) -> None:
    _, by = office.person()
    agreement = office.agreement()
    record = office.agree(agreement, by)["id"]
    change = {"consentRecord": {"optIn": False}}
    office.client.put(f"{OWN}/consent-record/{record}/", json=change, headers=by)
    tables = ("records", "revisions", "signatures")
    for table in tables:
        office.owner(f"CREATE TABLE kept_{table} AS TABLE {table}")
    before = office.officer.get("/audit/chain/").json()
    assert (before["holds"], before["faults"]) == (True, [])
    try:
        office.owner(ATTACKS[fault].format(agreement=agreement, record=record))
        after = office.officer.get("/audit/chain/").json()
        assert after["holds"] is False
        assert fault in {each["fault"] for each in after["faults"]}
    finally:
        for table in tables:
            office.owner(
                f"DELETE FROM {table} t USING kept_{table} k WHERE false;"
                f"SET session_replication_role = replica; DELETE FROM {table};"
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE kept_{table}; DROP TABLE kept_{table}"
            )
