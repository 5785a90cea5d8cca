"""Policies, data agreements and individuals: created once, changed by revision."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

MINISTRY = {"Information-Mediator-Client": "SBX/GOV/SOCIAL-MINISTRY/cash-transfer"}
POLICY = {"id": "privacy", "name": "Privacy", "version": "1.0", "url": "http://ministry.test/privacy/1.0"}


def test_an_agreement_is_created_once_and_says_who_did(
    officer: TestClient, agreement: dict[str, Any]
) -> None:
    body = {"dataAgreement": agreement}
    first = officer.post("/config/data-agreement/", json=body, headers=MINISTRY)
    again = officer.post("/config/data-agreement/", json=body, headers=MINISTRY)
    assert first.status_code == 200
    assert first.json() == again.json()
    assert first.json()["revision"]["authorizedByOther"] == MINISTRY["Information-Mediator-Client"]
    other = {"dataAgreement": {**agreement, "purpose": "Something else."}}
    assert officer.post("/config/data-agreement/", json=other).status_code == 400
    assert officer.get("/config/data-agreements/").json()["dataAgreement"] == [first.json()["dataAgreement"]]


def test_an_agreement_without_an_id_is_given_one(officer: TestClient, agreement: dict[str, Any]) -> None:
    del agreement["id"]
    made = officer.post("/config/data-agreement/", json={"dataAgreement": agreement}).json()
    identifier = made["dataAgreement"]["id"]
    for path in ("config", "service", "audit"):
        read = officer.get(f"/{path}/data-agreement/{identifier}/").json()
        assert read["dataAgreement"] == made["dataAgreement"]


def test_a_change_is_a_revision_and_no_change_is_none(officer: TestClient) -> None:
    first = officer.post("/config/policy/", json={"policy": POLICY}).json()
    changed = {"policy": {**POLICY, "version": "1.1"}}
    second = [officer.put("/config/policy/privacy/", json=changed).json() for _ in range(2)]
    assert second[0] == second[1]
    assert second[0]["revision"]["predecessorHash"] == first["revision"]["serializedHash"]
    told = officer.get("/config/policy/privacy/revisions/").json()
    assert [each["id"] for each in told["revisions"]] == [
        first["revision"]["id"],
        second[0]["revision"]["id"],
    ]
    assert officer.get("/service/policy/privacy/").json()["policy"]["version"] == "1.1"
    assert [each["id"] for each in officer.get("/config/policies/").json()["policies"]] == ["privacy"]


def test_an_agreement_names_a_policy_that_exists(officer: TestClient, agreement: dict[str, Any]) -> None:
    body = {"dataAgreement": {**agreement, "policy": {**POLICY}}}
    assert officer.post("/config/data-agreement/", json=body).status_code == 400
    officer.post("/config/policy/", json={"policy": POLICY})
    made = officer.post("/config/data-agreement/", json=body)
    assert made.json()["dataAgreement"]["policy"] == {"id": "privacy"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("policy", None),
        ("policy", {}),
        ("policy", {"policy": {"name": "x"}}),
        ("policy", {"policy": {**POLICY, "id": "a/b"}}),
        ("policy", {"policy": {**POLICY, "name": "a\x00b"}}),
        ("data-agreement", {"dataAgreement": {"purpose": "x"}}),
        ("data-agreement", {"dataAgreement": {"purpose": "", "lawfulBasis": "consent"}}),
        ("individual", {"individual": {"externalId": "a/b"}}),
    ],
)
def test_an_unfit_body_is_refused(office: Any, path: str, body: Any) -> None:
    assert office.officer.post(f"/config/{path}/", json=body).status_code == 400


def test_what_is_unknown_is_not_found(officer: TestClient, agreement: dict[str, Any]) -> None:
    assert officer.get("/config/policy/nothing/").status_code == 404
    assert officer.get("/service/individual/nobody/").status_code == 404
    body = {"dataAgreement": agreement}
    assert officer.put("/config/data-agreement/cash-transfer/", json=body).status_code == 404


def test_a_person_is_entered_once(officer: TestClient) -> None:
    body = {"individual": {"externalId": "ZZ1"}}
    made = [officer.post(f"/{group}/individual/", json=body).json() for group in ("config", "service")]
    assert made[0] == made[1]
    assert made[0]["individual"]["id"] == "ZZ1"
    assert officer.get("/service/individual/ZZ1/").json() == made[0]
    elsewhere = {"individual": {"externalId": "ZZ1", "identityProviderId": "another"}}
    assert officer.post("/service/individual/", json=elsewhere).status_code == 400
    assert len(officer.get("/config/individuals/").json()["individuals"]) == 1


def test_what_cannot_be_an_id_or_a_page_is_refused(officer: TestClient) -> None:
    assert officer.get("/config/policy/a%00b/").status_code == 400
    assert officer.get("/audit/consent-records/", params={"individualId": "a\x00b"}).status_code == 400
    for query in ({"limit": 0}, {"limit": 10**6}, {"offset": -1}, {"offset": "x"}):
        assert officer.get("/config/policies/", params=query).status_code == 400
