"""Five services, all data: what each asks for, and that an approval writes what its file says."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from blockkit.clock import machine_now
from blocks.registration.definitions import Definition

SERVICES = Path(__file__).parents[1] / "services"
PDF, PNG = b"%PDF-1.4 fictitious", b"\x89PNG\r\n\x1a\nfictitious"
NOW = machine_now().date()
TODAY = NOW.isoformat()
MOTHER = {"motherGivenName": "Ada", "motherFamilyName": "Ash", "motherBirthDate": "1980-01-31"}
BIRTH = {
    "notificationNumber": "BN1",
    "childGivenName": "Bo",
    "childBirthDate": TODAY,
    "childSex": "female",
    "placeOfBirth": "Hospital",
    **MOTHER,
}
HOUSEHOLD = {
    "givenName": "Ada",
    "familyName": "Ash",
    "birthDate": "1980-01-31",
    "members": 4,
    "district": "North",
    "dwelling": "house",
}
LICENCE = {
    "companyName": "Bulbs",
    "registrationNumber": "R-1",
    "activity": "producer",
    "tonnesPerYear": 20,
    "contactEmail": "a@example.org",
}
PERMIT = {
    "parcelId": "P-ZZ-construction-permit",
    "purpose": "shop",
    "storeys": 2,
    "floorArea": 80.5,
    "startsOn": TODAY,
}
COMPANY = {
    "companyName": "Bulbs",
    "legalForm": "sole-trader",
    "seat": "North",
    "directorGivenName": "Ada",
    "directorFamilyName": "Ash",
    "directorBirthDate": "1980-01-31",
    "capital": 0,
}
WAYS: list[tuple[str, str, dict[str, Any], dict[str, bytes], str, str]] = [
    ("household", "enrolment-officer", HOUSEHOLD, {}, "household-registrations", ""),
    ("birth", "civil-registrar", BIRTH, {}, "births", "BirthCertificate"),
    (
        *("producer-licence", "licensing-officer", LICENCE, {"company_certificate": PDF}),
        *("producer-licences", "ProducerLicence"),
    ),
    (
        *("construction-permit", "building-officer", PERMIT, {"site_plan": PNG, "design": PDF}),
        *("construction-permits", "ConstructionPermit"),
    ),
    ("company", "company-registrar", COMPANY, {"statutes": PDF}, "companies", "CompanyRegistration"),
]


@pytest.mark.parametrize(("service", "role", "form", "documents", "register", "credential"), WAYS)
def test_an_approval_writes_what_the_service_says(
    town: Any, service: str, role: str, form: Any, documents: Any, register: str, credential: str
) -> None:
    person, officer = f"ZZ-{service}", town.staff(role)
    notify(town, person, "BN1")
    application = town.open(service, person, form, **documents)
    assert town.act(application, "submit", town.citizen(person)).json()["state"] == "submitted"
    verified = town.act(application, "verification", officer).json()
    assert (verified["state"], verified["recommendation"]) == ("verified", "approve"), verified
    if verified["fee"]:
        refused = town.act(application, "decision", officer, {"decision": "approve"})
        assert refused.json()["type"].endswith("/fee-unpaid")
        receipt = {"receipt": f"R-{service}"}
        assert town.act(application, "fee", officer, receipt).status_code == 403
        assert town.act(application, "fee", town.staff("cashier"), receipt).json()["feeReceipt"]
    for review in town.ask(officer, "GET", f"/applications/{application}/reviews").json()["reviews"]:
        if review["when"] == "before-decision":
            assert town.act(application, "decision", officer, {"decision": "approve"}).status_code == 409
            town.review(application, review["id"], review["role"])
    approved = town.act(application, "decision", officer, {"decision": "approve"}).json()
    assert (approved["state"], approved["amount"]) == ("approved", None)
    (entry,) = town.neighbours.registers[register]
    assert entry["applicationId"] == application
    assert bool(approved["credential"]) == bool(credential)
    if credential:
        assert [each["type"] for each in town.neighbours.credentials if each["individualId"] == person] == [
            credential
        ]
    told = [message for whom, message in town.neighbours.messages if whom == person]
    assert len(told) == 1
    assert application in told[0]["text"]
    again = town.act(application, "decision", officer, {"decision": "approve"})
    assert again.json() == approved
    assert len(town.neighbours.registers[register]) == 1


def notify(town: Any, mother: str, number: str, **changed: Any) -> None:
    """Let a hospital notify the civil registry of a birth."""
    said = {"motherId": mother, "childBirthDate": TODAY, "childSex": "female", **changed}
    town.neighbours.notifications[number] = said


def register(town: Any, mother: str, number: str, **changed: Any) -> Any:
    """Apply for a notified child and have it checked; gives the application and what was found."""
    application = town.open("birth", mother, {**BIRTH, "notificationNumber": number, **changed})
    town.act(application, "submit", town.citizen(mother))
    return application, town.act(application, "verification", town.staff("civil-registrar")).json()


def approve(town: Any, application: str) -> Any:
    return town.act(application, "decision", town.staff("civil-registrar"), {"decision": "approve"}).json()


def test_a_late_birth_costs_a_fee_and_waits_for_it(town: Any) -> None:
    born = (NOW - timedelta(days=31)).isoformat()
    notify(town, "ZZ-late", "BN-late", childBirthDate=born)
    application, told = register(town, "ZZ-late", "BN-late", childBirthDate=born)
    assert (told["recommendation"], told["fee"], told["feeCurrency"]) == ("approve", 5, "XTS")
    assert approve(town, application)["type"].endswith("/fee-unpaid")
    town.act(application, "fee", town.staff("cashier"), {"receipt": "R-late"})
    assert approve(town, application)["state"] == "approved"


def test_twins_are_two_and_the_same_child_is_not_registered_twice(town: Any) -> None:
    ids = []
    for number, name in (("BN-cy", "Cy"), ("BN-di", "Di")):
        notify(town, "ZZ-twins", number)
        application, _ = register(town, "ZZ-twins", number, childGivenName=name)
        assert approve(town, application)["state"] == "approved"
        ids.append(application)
    assert len(set(ids)) == 2
    for number, name in (("BN-cy", "Another"), ("BN-new", "Cy")):
        notify(town, "ZZ-twins", number)
        _, told = register(town, "ZZ-twins", number, childGivenName=name)
        assert (told["recommendation"], told["reason"]) == ("reject", "registered-already")


@pytest.mark.parametrize(
    ("said", "form", "reason"),
    [
        (None, {}, "not-notified"),
        ({"motherId": "ZZ-else"}, {}, "another-mother"),
        ({"childBirthDate": "2020-01-01"}, {}, "birth-date-mismatch"),
        ({"childSex": "male"}, {}, "sex-mismatch"),
        ({}, {"fatherId": "ZZ-nobody", "fatherGivenName": "Ed"}, "parent-unknown"),
        ({}, {"fatherId": ""}, ""),
    ],
)
def test_what_the_hospital_notified_and_the_parents_are_checked(
    town: Any, said: dict[str, Any] | None, form: dict[str, Any], reason: str
) -> None:
    number = f"BN-{reason or 'good'}"
    if said is not None:
        notify(town, "ZZ-checked", number, **said)
    _, told = register(town, "ZZ-checked", number, childGivenName=f"Child {reason}", **form)
    assert told["reason"] == reason


def test_a_registered_child_has_a_number_and_is_announced_once(town: Any) -> None:
    notify(town, "ZZ-news", "BN-news")
    application, _ = register(town, "ZZ-news", "BN-news", childGivenName="Fay")
    approved = approve(town, application)
    number = approved["record"]["birthNumber"]
    assert approve(town, application) == approved
    (issued,) = (each for each in town.neighbours.credentials if each["individualId"] == "ZZ-news")
    assert issued["claims"]["birthNumber"] == number
    assert town.neighbours.events[f"registration-{application}"] == {
        "eventType": "childRegistered",
        "event": {
            "individualId": number,
            "motherId": "ZZ-news",
            "givenName": "Fay",
            "sex": "female",
            "birthDate": TODAY,
        },
    }


@pytest.mark.parametrize(("status", "state"), [(403, "approved"), (404, "approved"), (503, "approving")])
def test_where_nobody_may_hear_of_it_a_birth_is_registered_all_the_same(
    town: Any, monkeypatch: pytest.MonkeyPatch, status: int, state: str
) -> None:
    path = ("POST", "/r1/SBX/GOV/CENTRAL/information-mediator/pub/v1/childRegistered")
    monkeypatch.setitem(town.neighbours.answers, path, lambda _: httpx2.Response(status, json={}))
    mother = f"ZZ-quiet-{status}"
    notify(town, mother, mother)
    application, _ = register(town, mother, mother)
    approve(town, application)
    told = town.ask(town.citizen(mother), "GET", f"/applications/{application}").json()
    assert told["state"] == state


@pytest.mark.parametrize(
    ("parcel", "reason"),
    [
        (None, "no-such-parcel"),
        ({"ownerId": "ZZ-else"}, "not-the-owner"),
        ({"ownerId": "ZZ-parcel", "restriction": "flood zone"}, "parcel-restricted"),
    ],
)
def test_a_parcel_is_the_applicants_and_open_to_building(town: Any, parcel: Any, reason: str) -> None:
    town.neighbours.settle("ZZ-parcel")
    town.neighbours.parcels[f"P-{reason}"] = parcel
    form = {**PERMIT, "parcelId": f"P-{reason}"}
    application = town.open("construction-permit", "ZZ-parcel", form, site_plan=PNG, design=PDF)
    town.act(application, "submit", town.citizen("ZZ-parcel"))
    told = town.act(application, "verification", town.staff("building-officer")).json()
    assert (told["state"], told["reason"]) == ("check-failed", reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"registrationNumber": "R-2"}, "company-unknown"),
        ({"companyName": "Lamps"}, "company-name-mismatch"),
    ],
)
def test_a_licence_is_for_a_registered_company_of_that_name(
    town: Any, change: dict[str, str], reason: str
) -> None:
    person = f"ZZ-{reason}"
    application = town.open("producer-licence", person, {**LICENCE, **change}, company_certificate=PDF)
    town.act(application, "submit", town.citizen(person))
    told = town.act(application, "verification", town.staff("licensing-officer")).json()
    assert (told["state"], told["reason"]) == ("check-failed", reason)


def test_an_eform_is_held_against_its_schema(town: Any) -> None:
    town.neighbours.settle("ZZ-unfit")
    body = {"service": "company", "individualId": "ZZ-unfit", "form": {**COMPANY, "legalForm": "empire"}}
    refused = town.ask(town.citizen("ZZ-unfit"), "POST", "/applications", body)
    assert (refused.status_code, refused.json()["faults"][0]["at"]) == (400, "$.legalForm")


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load((SERVICES / f"{name}.yaml").read_text(encoding="utf-8"))
    return document


def test_all_files_are_services() -> None:
    names = {file.stem for file in SERVICES.glob("*.yaml")}
    assert names >= {"household", "birth", "producer-licence", "construction-permit", "company"}
    assert {Definition.model_validate(read(name)).service for name in names} == names


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fee": {"amount": 5, "currency": "XTS", "when": "never"}}, "never"),
        ({"fee": {"amount": "0.001", "currency": "XTS"}}, "decimals"),
        ({"roles": {"officer": "civil-registrar"}}, "cashier"),
        ({"decision": "policy"}, "policy"),
        ({"documents": [{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]}, "same id"),
        ({"checks": [{"kind": "identity", "claims": {"given_name": "shoeSize"}}]}, "shoeSize"),
        ({"determinants": {"late": {"field": "childBirthDate"}}}, "needs equals"),
        ({"eForm": {"id": "f", "name": "F", "schema": {"type": "nonsense"}}}, "schema"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_file_that_does_not_hold_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Definition.model_validate({**read("birth"), **change})


def test_the_schema_beside_them_is_the_definitions_own() -> None:
    written = json.loads((SERVICES.parent / "service.schema.json").read_text(encoding="utf-8"))
    assert written == Definition.model_json_schema(by_alias=True), (
        "write it again: json.dumps(Definition.model_json_schema(by_alias=True), indent=2)"
    )
