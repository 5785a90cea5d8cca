"""Every operation without a token, with a foreign one, and with the wrong role: walked, not chosen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from blockkit.app import read_contract
from blockkit.testing import PeersDouble, contract_operations

OPEN = {
    ("GET", "/services"),
    ("GET", "/services/{service}"),
    ("GET", "/services/{service}/eForms"),
    ("GET", "/eForms/{form}"),
    ("GET", "/data/statistics"),
    ("GET", "/data/statistics/1.0"),
}
"""What says nothing of anybody and is told to every application that has the right."""
EVERYBODYS = {
    *(("GET", "/applications"), ("GET", "/tasks"), ("GET", "/worklist/applications"), ("POST", "/documents")),
}
"""What everybody with a token may do, each for themselves."""
BODIES: dict[str, Any] = {
    "/applications": {"service": "household", "individualId": "ZZ-walked", "form": {}},
    "/services/{service}/applications": {"applicantId": "ZZ-walked"},
    "/services/{service}": {
        "policy": {"proxy_means": [{"points": 1, "fact": "size", "at_least": 1}], "threshold": 1,
                   "packages": [{"size_from": 1, "amount": 1}]},
        "currency": "XTS",
    },
    "/applications/{id}": {"form": {}},
    "/applications/{id}/documents": {"url": f"/documents/{'0' * 32}", "kind": "a"},
    "/applications/{id}/decision": {"decision": "approve"},
    "/applications/{id}/fee": {"receipt": "R"},
    "/services/{service}/assessments": {
        "period": "2026",
        "currency": "XTS",
        "policy": {"method": "tariff", "tariff_per_tonne": 1, "due_days": 1},
    },
    "/applications/{id}/reviews/{review}": {"outcome": "passed"},
    "/applications/{id}/reviews/{review}/visit": {},
    "/tasks/{task}/complete": {"data": {}},
    "/payrolls": {"service": "cash-transfer", "period": "2026-01", "batchId": "BATCHWALKED1"},
}  # fmt: skip
PERMIT = {
    **{"parcelId": "P-1", "purpose": "shop", "storeys": 1},
    **{"floorArea": 80, "startsOn": "2026-05-01"},
}
OPERATIONS = sorted(
    each for each in contract_operations(read_contract(Path(__file__).parents[1])) if "/desk" not in each[1]
)


@pytest.fixture(scope="module")
def places(town: Any) -> dict[str, str]:
    """Things of other people that the operations are aimed at."""
    form = {
        **{"givenName": "Ada", "familyName": "Ash", "birthDate": "1980-01-31"},
        **{"members": 4, "district": "North", "dwelling": "house"},
    }
    application = town.open("household", "ZZ-walked", form)
    town.act(application, "submit", town.citizen("ZZ-walked"))
    (task,) = town.ask(town.officer, "GET", "/tasks", fileId=application).json()
    town.approved("ZZ8")
    town.prepare("BATCHWALKED1")
    document = town.upload(town.citizen("ZZ-walked"), b"%PDF-x").json()["url"].rpartition("/")[2]
    return {
        "{id}": application,
        "{review}": "design-opinion",
        "{reviewed}": town.open("construction-permit", "ZZ-walked", PERMIT),
        "{task}": task["taskId"],
        "{document}": document,
        "{service}": "household",
        "{form}": "household-form",
    }


def call(town: Any, places: dict[str, str], operation: tuple[str, str], token: str | None) -> Any:
    method, template = operation
    path = template.replace("{id}", "BATCHWALKED1") if template.startswith("/payrolls") else template
    path = path.replace("{id}/reviews", "{reviewed}/reviews")
    path = path.replace("{service}/assessments", "epr-declaration/assessments")
    for name, value in places.items():
        path = path.replace(name, value)
    body = BODIES.get(template) if method != "GET" else None
    query = {"role": "enrolment-officer"} if template == "/worklist/tasks" else {}
    query |= {"individualId": "ZZ-walked"} if template.endswith("/standing") else {}
    return town.ask(token, method, path, body, **query)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each not in OPEN])
def test_nothing_opens_without_a_token_or_with_a_foreign_one(
    town: Any, places: dict[str, str], operation: tuple[str, str]
) -> None:
    foreign = PeersDouble().token("ZZ-walked", "enrolment-officer", "registrar")
    expired = town.peers.token("ZZ-walked", "enrolment-officer", lifetime=timedelta(minutes=-1))
    other_kind = town.peers.token("ZZ-walked", "enrolment-officer", kind="JWT")
    for token in (None, "Bearer nonsense", foreign, expired, other_kind):
        refused = call(town, places, operation, token)
        assert refused.status_code == 401, (operation, token, refused.text)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each not in OPEN | EVERYBODYS])
def test_nothing_of_others_opens_with_the_wrong_role(
    town: Any, places: dict[str, str], operation: tuple[str, str]
) -> None:
    for token in (town.citizen("ZZ-stranger"), town.staff("messenger")):
        refused = call(town, places, operation, token)
        assert refused.status_code == 403, (operation, refused.text)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_only_the_mediator_is_answered(town: Any, places: dict[str, str], operation: tuple[str, str]) -> None:
    method, template = operation
    refused = town.client.request(method, template, headers={"X-Sandbox-Secret": "guess"})
    assert refused.status_code == 401
