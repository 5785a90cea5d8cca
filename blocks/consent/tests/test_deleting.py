"""What is deleted is gone from use and not from history; what somebody stands on stays."""

from __future__ import annotations

from typing import Any

import pytest


def policy(office: Any, name: str, **more: Any) -> str:
    text = {"id": name, "name": name, "version": "1.0", "url": "http://ministry.test/1.0", **more}
    made = office.officer.post("/config/policy/", json={"policy": text})
    assert made.status_code == 200, made.text
    return name


def test_deleting_ends_the_history_and_can_be_repeated(office: Any) -> None:
    path = f"/config/policy/{policy(office, 'ends')}/"
    made = office.officer.get(path).json()["revision"]
    first, again = (office.officer.delete(path).json() for _ in range(2))
    assert first == again
    assert first["revision"]["predecessorHash"] == made["serializedHash"]
    assert office.officer.get(path).status_code == 404
    assert (
        office.officer.put(path, json={"policy": {"name": "a", "version": "1", "url": "u"}}).status_code
        == 404
    )
    history = office.officer.get(f"{path}revisions/").json()["revisions"]
    assert [each["id"] for each in history] == [made["id"], first["revision"]["id"]]
    assert history[0]["successor"] == {"id": history[1]["id"]}
    older = office.client.get("/service/policy/ends/", params={"revisionId": made["id"]}).json()
    assert older["policy"]["name"] == "ends"
    assert older["revision"]["successor"] == {"id": history[1]["id"]}
    taken = {"policy": {"id": "ends", "name": "ends", "version": "1.0", "url": "http://ministry.test/1.0"}}
    assert office.officer.post("/config/policy/", json=taken).status_code == 400


def test_a_policy_stays_while_an_active_agreement_is_governed_by_it(office: Any) -> None:
    path = f"/config/policy/{policy(office, 'governs')}/"
    agreement = office.agreement(policy="governs")
    refused = office.officer.delete(path)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (400, "in-use")
    closed = {"purpose": "Try.", "lawfulBasis": "consent", "policy": "governs", "active": False}
    answer = office.officer.put(f"/config/data-agreement/{agreement}/", json={"dataAgreement": closed})
    assert answer.status_code == 200
    assert office.officer.delete(path).status_code == 200
    unknown = {"purpose": "Try.", "lawfulBasis": "consent", "policy": "governs"}
    assert office.officer.post("/config/data-agreement/", json={"dataAgreement": unknown}).status_code == 400


def test_an_agreement_stays_while_somebody_consents_to_it(office: Any) -> None:
    agreement = office.agreement()
    _, own = office.person()
    record = office.agree(agreement, own)
    path = f"/config/data-agreement/{agreement}/"
    assert office.officer.delete(path).status_code == 400
    withdrawn = office.client.put(
        f"/service/individual/record/consent-record/{record['id']}/",
        json={"consentRecord": {"optIn": False}},
        headers=own,
    )
    assert withdrawn.status_code == 200
    assert office.officer.delete(path).status_code == 200
    assert office.client.get(f"/service/data-agreement/{agreement}/").status_code == 404
    assert office.officer.get(f"/audit/data-agreement/{agreement}/").status_code == 200
    kept = office.officer.get(f"/audit/consent-record/{record['id']}/").json()["consentRecord"]
    assert (kept["optIn"], kept["dataAgreement"]["id"]) == (False, agreement)
    again = office.client.post(
        f"/service/individual/record/data-agreement/{agreement}/",
        params={"individualId": office.named(own)},
        headers=own,
    )
    assert again.status_code == 404


@pytest.mark.parametrize("kind", ["policy", "data-agreement", "webhook"])
def test_what_was_never_there_can_not_be_deleted(office: Any, kind: str) -> None:
    assert office.officer.delete(f"/config/{kind}/never/").status_code == 404


def test_the_same_text_without_an_id_is_the_same_document(office: Any) -> None:
    body = {"policy": {"name": "once", "version": "1.0", "url": "http://ministry.test/once"}}
    first, second = (office.officer.post("/config/policy/", json=body).json() for _ in range(2))
    assert first == second


def test_a_list_can_be_asked_for_one_revision(office: Any) -> None:
    policy(office, "listed")
    made = office.officer.get("/config/policy/listed/").json()["revision"]
    changed = {"policy": {"name": "listed", "version": "2.0", "url": "http://ministry.test/2.0"}}
    office.officer.put("/config/policy/listed/", json=changed)
    for named in (made["id"], made["serializedHash"]):
        found = office.officer.get("/config/policies/", params={"revisionId": named}).json()["policies"]
        assert [each["version"] for each in found] == ["1.0"]
    assert office.officer.get("/config/policies/", params={"revisionId": "none"}).json() == {"policies": []}
    assert office.client.get("/service/policy/listed/", params={"revisionId": "none"}).status_code == 404


def test_a_foundational_id_stays_and_another_can_be_corrected(office: Any) -> None:
    name, _ = office.person()
    body = {"individual": {"externalId": name}}
    office.officer.post("/config/individual/", json=body)
    path = f"/service/individual/{name}/"
    taken_over = {"individual": {"externalId": f"{name}0"}}
    assert office.officer.put(path, json=taken_over).status_code == 400
    elsewhere = {"individual": {"externalId": name, "identityProviderId": "register"}}
    assert office.officer.put(path, json=elsewhere).json()["individual"]["identityProviderId"] == "register"

    passport = {"externalId": f"PASS-{name}", "externalIdType": "passport"}
    made = office.officer.post("/config/individual/", json={"individual": passport}).json()["individual"]
    assert made["id"] != passport["externalId"]
    own = f"/service/individual/{made['id']}/"
    assert office.officer.put(own, json={"individual": {"externalId": name}}).status_code == 400
    corrected = {"individual": {**passport, "externalId": f"PASS-{name}-2"}}
    assert office.officer.put(own, json=corrected).json()["individual"]["externalId"] == f"PASS-{name}-2"
    assert office.officer.get(own).json()["individual"]["externalId"] == f"PASS-{name}-2"
    office.officer.post("/config/individual/", json={"individual": passport})
    assert office.officer.put(own, json={"individual": passport}).status_code == 400
