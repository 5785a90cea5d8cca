"""All that is published is served, and nothing is open to whoever may not."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from starlette.testclient import TestClient

from blockkit.app import read_contract
from blockkit.testing import PeersDouble, contract_operations
from blocks.consent.routes.doors import AUDITS, CONFIGURES, ENTERS

FOLDER = Path(__file__).parents[1]
PUBLISHED = FOLDER.parents[2] / "shared/specs/govstack/consent/consent-openapi.yaml"
OPEN = {"listConsentKeys"}
OWN_PAGES = "/consents"
ASKED_BY_APPLICATIONS = {
    "serviceDataAgreementRead",
    "servicePolicyRead",
    "serviceVerificationDataAgreementList",
    "serviceVerificationConsentRecordList",
    "serviceVerificationConsentRecordRead",
}


def operations() -> list[tuple[str, str, Any]]:
    contract = read_contract(FOLDER)
    return [
        (method, re.sub(r"\{[^{}]+\}", "1", path), item[method])
        for path, item in contract["paths"].items()
        if not path.startswith(OWN_PAGES)
        for method in ("get", "post", "put", "delete")
        if method in item
    ]


def ask(client: TestClient, method: str, path: str, headers: dict[str, str]) -> int:
    query = {"individualId": "1", "dataAgreementId": "1"}
    body = {} if method in ("post", "put") else None
    return client.request(method, path, params=query, json=body, headers=headers).status_code


def test_every_published_operation_is_served_under_its_own_name() -> None:
    if not PUBLISHED.is_file():
        pytest.skip("the published definition is not beside the repository")
    published = YAML(typ="safe").load(PUBLISHED.read_text(encoding="utf-8"))
    assert len(contract_operations(published)) == 42
    ours = read_contract(FOLDER)
    assert contract_operations(published) <= contract_operations(ours)
    for path, item in published["paths"].items():
        for method, document in item.items():
            served = ours["paths"][path][method]
            assert served["operationId"] == document["operationId"]
            assert served["x-source"] == "consent/consent-openapi.yaml"
            assert {"200", "400"} <= set(served["responses"])


def test_nothing_answers_but_to_the_mediator(office: Any) -> None:
    for method, path, _ in operations():
        assert ask(office.client, method, path, {"X-Sandbox-Secret": "another"}) == 401, path


def test_every_operation_wants_a_token_but_what_applications_ask_themselves(office: Any) -> None:
    for method, path, document in operations():
        status = ask(office.client, method, path, {})
        if document["operationId"] in OPEN | ASKED_BY_APPLICATIONS:
            assert status in (200, 404), path  # there is nothing of the id 1
        else:
            assert status == 401, path


@pytest.mark.parametrize("fault", ["foreign", "expired", "id_token", "nonsense"])
def test_no_operation_takes_a_token_that_is_not_good(office: Any, fault: str) -> None:
    tokens = {
        "foreign": PeersDouble().token("1", "registrar"),
        "expired": office.peers.token("1", "registrar", lifetime=timedelta(minutes=-5)),
        "id_token": office.peers.token("1", "registrar", kind="JWT"),
        "nonsense": "Bearer x.y.z",
    }
    for method, path, document in operations():
        if document["operationId"] not in OPEN:
            assert ask(office.client, method, path, {"Authorization": tokens[fault]}) == 401, path


def test_another_role_and_another_person_are_turned_away(office: Any) -> None:
    refused = 0
    for method, path, document in operations():
        if document["operationId"] in OPEN | ASKED_BY_APPLICATIONS:
            continue
        by = {"Authorization": office.peers.token("2", "citizen", "payroll-maker", "enrolment-officer")}
        if "403" in document["responses"] and document["operationId"] not in ENTRIES:
            assert ask(office.client, method, path, by) == 403, path
            refused += 1
    assert refused == len(operations()) - len(OPEN | ASKED_BY_APPLICATIONS | ENTRIES)


ENTRIES = {
    "serviceIndividualCreate",
    "serviceIndividualRead",
    "serviceIndividualUpdate",
    "serviceIndividualList",
}


def test_people_enter_and_read_themselves_and_officers_everybody(office: Any) -> None:
    name, own = office.person()
    body = {"individual": {"externalId": name}}
    _, another = office.person()
    for by, status in ((another, 403), (own, 200)):
        assert office.client.post("/service/individual/", json=body, headers=by).status_code == status
        path = f"/service/individual/{name}/"
        assert office.client.get(path, headers=by).status_code == status
        assert office.client.put(path, json=body, headers=by).status_code == status
        assert office.client.get("/service/individuals/", headers=by).status_code == 403
    passport = {"individual": {"externalId": name, "externalIdType": "passport"}}
    assert office.client.post("/service/individual/", json=passport, headers=own).status_code == 403
    for role in ENTERS:
        by = {"Authorization": office.peers.token("STAFF", role)}
        assert office.client.get("/service/individuals/", headers=by).status_code == 200


@pytest.mark.parametrize(
    ("roles", "path"), [(CONFIGURES, "/config/policies/"), (AUDITS, "/audit/consent-records/")]
)
def test_each_office_opens_its_own_door(office: Any, roles: tuple[str, ...], path: str) -> None:
    for role in roles:
        by = {"Authorization": office.peers.token("STAFF", role)}
        assert office.client.get(path, headers=by).status_code == 200
