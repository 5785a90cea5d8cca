"""A person agrees, withdraws, agrees again; every step is signed, and nothing is ever deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.consent.app import create_app
from blocks.consent.revisions import hash_of

OWN = "/service/individual/record"


def attestation(client: TestClient, signature: dict[str, Any]) -> dict[str, Any]:
    """Verify a signature by the published keys and give what it says."""
    keys = KeySet.import_key_set(client.get("/.well-known/jwks.json").json())
    verified = jws.deserialize_compact(signature["signature"], keys, algorithms=["ES256"])
    said: dict[str, Any] = json.loads(verified.payload)
    return said


def history(officer: TestClient, record: str) -> list[Any]:
    revisions: list[Any] = officer.get(f"/audit/consent-record/{record}/revisions/").json()["revisions"]
    return revisions


def test_before_anybody_asked_nobody_agrees(people: Any) -> None:
    assert people.verify("ZZ1") == []


def test_a_person_agrees_and_the_record_is_signed(client: TestClient, people: Any) -> None:
    answer = people.agree("ZZ1")
    assert answer.status_code == 200, answer.text
    (record,) = people.verify("ZZ1")
    assert (record["optIn"], record["state"]) == (True, "signed")
    assert record["individual"]["id"] == record["individual"]["externalId"] == "ZZ1"
    assert record["dataAgreement"]["id"] == "cash-transfer"

    said = attestation(client, record["signature"])
    assert said["verificationSignedBy"] == "ZZ1"
    assert said["verificationMethod"] == "block-attestation-of-log-in"
    revision = answer.json()["revision"]
    assert said["verificationPayloadHash"] == revision["serializedHash"]
    assert hash_of(revision["serializedSnapshot"]) == revision["serializedHash"]
    assert (
        json.loads(revision["serializedSnapshot"])["objectData"]["dataAgreementRevisionHash"]
        == (record["dataAgreementRevisionHash"])
    )


def test_the_token_is_named_by_its_digest_and_kept_nowhere(
    people: Any, rows: Callable[[str], list[Any]]
) -> None:
    by = people.token("ZZ1")
    people.agree("ZZ1", by=by)
    kept = str([rows(f"SELECT * FROM {table}") for table in ("records", "revisions", "signatures")])
    assert by["Authorization"].removeprefix("Bearer ") not in kept
    assert "sha256:" in kept


def test_a_withdrawal_is_one_more_signed_revision(
    client: TestClient, officer: TestClient, people: Any
) -> None:
    record = people.agree("ZZ1").json()["consentRecord"]["id"]
    assert people.say("ZZ1", record, False).json()["consentRecord"]["optIn"] is False
    (now,) = people.verify("ZZ1")
    assert (now["id"], now["optIn"]) == (record, False)
    revisions = history(officer, record)
    assert [json.loads(each["serializedSnapshot"])["objectData"]["optIn"] for each in revisions] == [
        True,
        False,
    ]
    assert [each["predecessorHash"] for each in revisions] == [None, revisions[0]["serializedHash"]]
    for each in revisions:
        assert attestation(client, each["signature"])["verificationPayloadHash"] == each["serializedHash"]


def test_agreeing_again_opens_the_same_record(officer: TestClient, people: Any) -> None:
    record = people.agree("ZZ1").json()["consentRecord"]["id"]
    people.say("ZZ1", record, False)
    assert people.agree("ZZ1").json()["consentRecord"]["id"] == record
    people.say("ZZ1", record, False)
    people.say("ZZ1", record, True)
    assert [each["optIn"] for each in people.verify("ZZ1")] == [True]
    assert len(history(officer, record)) == 5


def test_a_replay_gets_the_first_answer(officer: TestClient, people: Any) -> None:
    first, second = people.agree("ZZ1").json(), people.agree("ZZ1").json()
    assert first == second
    withdrawn = [people.say("ZZ1", first["consentRecord"]["id"], False).json() for _ in range(2)]
    assert withdrawn[0] == withdrawn[1]
    assert len(history(officer, first["consentRecord"]["id"])) == 2


def test_agreeing_many_times_at_once_makes_one_record(officer: TestClient, people: Any) -> None:
    by = people.token("ZZ1")
    with ThreadPoolExecutor(6) as crowd:
        answers = [answer.json() for answer in crowd.map(lambda _: people.agree("ZZ1", by=by), range(6))]
    assert all(answer == answers[0] for answer in answers)
    assert len(history(officer, answers[0]["consentRecord"]["id"])) == 1


def test_nobody_says_yes_or_no_for_somebody_else(people: Any) -> None:
    record = people.agree("ZZ1").json()["consentRecord"]["id"]
    for other in (people.token("ZZ2"), people.token("STAFF-registrar", "registrar", "enrolment-officer")):
        assert people.agree("ZZ1", by=other).status_code == 403
        assert people.say("ZZ1", record, False, by=other).status_code == 403
    assert people.agree("ZZ1", by={"Authorization": "Bearer x.y.z"}).status_code == 401
    assert people.agree("ZZ3", by={"Authorization": ""}).status_code == 401
    assert people.agree("ZZ3", by={"Authorization": PeersDouble().token("ZZ3", "citizen")}).status_code == 401
    nameless = people.client.get(f"{OWN}/consent-record/", headers=people.token(""))
    assert nameless.status_code == 401
    assert [each["optIn"] for each in people.verify("ZZ1")] == [True]
    assert people.verify("ZZ3") == []


def test_people_read_their_own_records_only(client: TestClient, people: Any) -> None:
    record = people.agree("ZZ1").json()["consentRecord"]
    one, two = people.token("ZZ1"), people.token("ZZ2")
    assert client.get(f"{OWN}/consent-record/", headers=one).json()["consentRecords"] == [record]
    assert client.get(f"{OWN}/consent-record/", headers=two).json()["consentRecords"] == []
    own = f"{OWN}/data-agreement/cash-transfer/"
    assert client.get(own, headers=one).json()["consentRecord"] == record
    assert client.get(f"{own}all/", headers=one).json()["consentRecords"] == [record]
    assert client.get(own, headers=two).status_code == 404
    assert client.get(own, headers={**two, "X-ConsentBB-IndividualId": "ZZ1"}).status_code == 403
    assert client.get(own).status_code == 401


def test_a_draft_is_kept_nowhere_and_can_be_signed(client: TestClient, people: Any) -> None:
    query = {"individualId": "ZZ1", "dataAgreementId": "cash-transfer"}
    path = f"{OWN}/consent-record/"
    draft = client.post(f"{path}draft/", params=query, headers=people.token("ZZ1"))
    assert "id" not in draft.json()["consentRecord"]
    assert people.verify("ZZ1") == []
    signed = client.post(path, json=draft.json(), headers=people.token("ZZ1"))
    assert signed.status_code == 200, signed.text
    assert attestation(client, signed.json()["signature"])["verificationSignedBy"] == "ZZ1"
    assert [each["optIn"] for each in people.verify("ZZ1")] == [True]


def test_an_agreement_that_changed_must_be_shown_again(
    client: TestClient, officer: TestClient, people: Any, agreement: dict[str, Any]
) -> None:
    query = {"individualId": "ZZ1", "dataAgreementId": "cash-transfer"}
    path = f"{OWN}/consent-record/"
    draft = client.post(f"{path}draft/", params=query, headers=people.token("ZZ1")).json()
    people.agree("ZZ2")
    changed = {"dataAgreement": {**agreement, "purpose": "Something else."}}
    assert officer.put("/config/data-agreement/cash-transfer/", json=changed).status_code == 200
    refused = client.post(path, json=draft, headers=people.token("ZZ1"))
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (400, "agreement-changed")
    shown = draft["consentRecord"]["dataAgreementRevision"]["id"]
    assert people.agree("ZZ1", revisionId=shown).status_code == 400

    (before,) = people.verify("ZZ2")
    assert before["dataAgreementRevisionHash"] == draft["consentRecord"]["dataAgreementRevisionHash"]
    people.agree("ZZ2")
    (after,) = people.verify("ZZ2")
    assert (after["id"], after["optIn"]) == (before["id"], True)
    assert after["dataAgreementRevisionHash"] != before["dataAgreementRevisionHash"]


def test_a_closed_agreement_takes_a_no_but_no_yes(
    officer: TestClient, people: Any, agreement: dict[str, Any]
) -> None:
    record = people.agree("ZZ1").json()["consentRecord"]["id"]
    closed = {"dataAgreement": {**agreement, "active": False}}
    officer.put("/config/data-agreement/cash-transfer/", json=closed)
    assert people.agree("ZZ2").status_code == 400
    assert people.say("ZZ1", record, False).status_code == 200
    assert people.say("ZZ1", record, True).status_code == 400


def test_an_unclear_answer_changes_nothing(people: Any) -> None:
    record = people.agree("ZZ1").json()["consentRecord"]["id"]
    for opt_in in (None, "maybe", [], {}, 0, "false"):
        assert people.say("ZZ1", record, opt_in).status_code == 400, opt_in
    assert [each["optIn"] for each in people.verify("ZZ1")] == [True]


def test_what_does_not_exist_is_said(client: TestClient, officer: TestClient, people: Any) -> None:
    assert people.say("ZZ1", "nothing", False).status_code == 404
    assert client.get("/service/verification/consent-record/nothing/").status_code == 404
    assert officer.get("/audit/consent-record/nothing/revisions/").status_code == 404
    path = f"{OWN}/data-agreement/another/"
    asked = client.post(path, params={"individualId": "ZZ1"}, headers=people.token("ZZ1"))
    assert asked.status_code == 404


def test_the_question_is_answered_for_this_person_and_agreement_only(client: TestClient, people: Any) -> None:
    for individual in ("ZZ1", "ZZ2"):
        people.agree(individual)
    assert [each["individual"]["id"] for each in people.verify("ZZ2")] == ["ZZ2"]
    path = "/service/verification/consent-records/"
    other = client.get(path, params={"individualId": "ZZ1", "dataAgreementId": "another"})
    assert other.json()["consentRecords"] == []
    everybody = client.get(path).json()["consentRecords"]
    assert [each["individual"]["id"] for each in everybody] == ["ZZ1", "ZZ2"]
    page = client.get(path, params={"offset": 1, "limit": 1}).json()["consentRecords"]
    assert page == everybody[1:]


def test_old_signatures_stay_verifiable_in_a_new_epoch(
    client: TestClient, people: Any, rows: Callable[[str], list[Any]]
) -> None:
    old = people.agree("ZZ1").json()["consentRecord"]["signature"]
    client.post("/_sandbox/clock", json={"offset_seconds": 0, "epoch": 5})
    new = people.agree("ZZ2").json()["consentRecord"]["signature"]
    assert old["verificationJwsHeader"] != new["verificationJwsHeader"]
    for signature in (old, new):
        attestation(client, signature)
    assert rows("SELECT epoch FROM signing_keys WHERE private_key IS NOT NULL") == [(5,)]
    assert all("d" not in key for key in client.get("/.well-known/jwks.json").json()["keys"])


def test_an_epoch_that_comes_again_gets_another_key(client: TestClient, people: Any) -> None:
    headers = set()
    for person, epoch in (("ZZ1", 0), ("ZZ2", 5), ("ZZ3", 0)):
        client.post("/_sandbox/clock", json={"offset_seconds": 0, "epoch": epoch})
        signature = people.agree(person).json()["consentRecord"]["signature"]
        attestation(client, signature)
        headers.add(signature["verificationJwsHeader"])
    assert len(headers) == 3


def test_a_block_that_runs_alone_signs_nothing(database: str, agreement: dict[str, Any]) -> None:
    alone = {**environment_for(database), "SANDBOX_SECRET": ""}
    with as_mediator(create_app(alone)) as client:
        client.post("/config/data-agreement/", json={"dataAgreement": agreement})
        path = f"{OWN}/data-agreement/cash-transfer/"
        record = client.post(path, params={"individualId": "ZZ1"}).json()["consentRecord"]
        assert (record["optIn"], record["state"], record["signature"]) == (True, "unsigned", None)
        assert client.get(path).status_code == 401


ATTACKS = (
    "DELETE FROM records",
    "DELETE FROM revisions",
    "UPDATE revisions SET serialized_snapshot = 'x'",
    "UPDATE signatures SET signed_by = 'ZZ9'",
    "DELETE FROM signatures",
    "DELETE FROM documents",
    "DELETE FROM webhooks",
    "TRUNCATE revisions CASCADE",
)


def test_the_serving_role_cannot_rewrite_history(people: Any, database: str) -> None:
    people.agree("ZZ1")
    with psycopg.connect(database, autocommit=True) as connection:
        for attack in ATTACKS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(attack)


@pytest.fixture
def rows(database: str) -> Callable[[str], list[Any]]:
    def run(query: str) -> list[Any]:
        with psycopg.connect(database) as connection:
            return connection.execute(query).fetchall()

    return run
