"""Each check has its reason; a failure of another block concludes nothing."""

from __future__ import annotations

from typing import Any

import pytest


def outcome(answer: Any) -> tuple[str, str, str]:
    told = answer.json()
    return told["state"], told["recommendation"], told["reason"]


def test_an_entitled_household_is_verified_with_score_and_package(office: Any) -> None:
    application = office.submitted("ZZ1", size=7, elderly=1)
    told = office.act(application, "verification").json()
    assert [check["outcome"] for check in told["checks"]] == ["passed"] * 3
    assert (told["recommendation"], told["reason"]) == ("approve", "")
    assert (told["score"], told["amount"], told["currency"]) == (75, 45, "XTS")
    assert told["household"]["householdId"] == "HH-ZZ1"
    assert told["household"]["size"] == 7


def test_a_household_below_the_threshold_is_verified_and_not_recommended(office: Any) -> None:
    application = office.submitted("ZZ1", size=2)
    assert outcome(office.act(application, "verification")) == ("verified", "reject", "below-threshold")


def test_each_mismatch_has_its_reason_and_ends_the_questions(office: Any) -> None:
    around = office.neighbours
    applications = {person: office.submitted(person) for person in ("ZZ1", "ZZ2", "ZZ3", "ZZ4", "ZZ5", "ZZ6")}
    around.identities["ZZ1"] = {**around.identities["ZZ1"], "given_name": "Eve"}
    around.people["ZZ2"]["birthDate"] = "1999-09-09"
    del around.people["ZZ3"]
    around.identities["ZZ4"] = {**around.identities["ZZ4"], "birth_date": "1999-09-09"}
    around.people["ZZ5"]["alive"] = False
    around.households["HH-ZZ6"]["individualId"] = "ZZ7"
    del around.identities["ZZ6"]
    reasons = {
        person: outcome(office.act(application, "verification"))[2]
        for person, application in applications.items()
    }
    assert reasons == {
        "ZZ1": "name-mismatch",
        "ZZ2": "birth-date-mismatch",
        "ZZ3": "not-in-registry",
        "ZZ4": "birth-date-mismatch",
        "ZZ5": "deceased",
        "ZZ6": "identity-unknown",
    }
    assert not [operation for operation in around.asked if "/households/" in operation]
    told = office.ask(office.officer, "GET", f"/applications/{applications['ZZ2']}").json()
    assert told["checks"] == [
        {"check": "identity", "outcome": "passed", "reason": ""},
        {"check": "registry", "outcome": "failed", "reason": "birth-date-mismatch"},
        {"check": "household", "outcome": "not-possible", "reason": "birth-date-mismatch"},
    ]
    assert (told["state"], told["score"], told["household"]) == ("check-failed", None, {})


def test_a_withdrawn_consent_stops_the_registry_check(office: Any) -> None:
    application = office.submitted("ZZ1")
    office.neighbours.refuse = {"read"}
    told = office.act(application, "verification")
    assert outcome(told) == ("check-failed", "reject", "consent-missing")
    assert told.json()["checks"][1] == {"check": "registry", "outcome": "failed", "reason": "consent-missing"}


def test_only_the_head_applies_for_a_household(office: Any) -> None:
    application = office.submitted("ZZ1")
    office.neighbours.households["HH-ZZ1"]["individualId"] = "ZZ2"
    assert outcome(office.act(application, "verification"))[2] == "not-household-head"


@pytest.mark.parametrize("fact", [None, "three", True, 2.5])
def test_without_a_fact_that_counts_nothing_is_granted(office: Any, fact: Any) -> None:
    application = office.submitted("ZZ1")
    office.neighbours.households["HH-ZZ1"]["elderly"] = fact
    assert outcome(office.act(application, "verification"))[2] == "facts-missing"


@pytest.mark.parametrize("broken", ["verifications", "read"])
def test_when_another_block_fails_nothing_is_concluded(office: Any, broken: str) -> None:
    application = office.submitted("ZZ1")
    office.neighbours.fail = {broken}
    refused = office.act(application, "verification")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (502, "neighbour-failed")
    told = office.ask(office.officer, "GET", f"/applications/{application}").json()
    assert (told["state"], told["checks"]) == ("submitted", [])
    office.neighbours.fail = set()
    assert outcome(office.act(application, "verification"))[0] == "verified"


def test_a_registry_that_is_not_there_is_no_missing_person(office: Any, peers: Any) -> None:
    application = office.submitted("ZZ1")
    path = "/r1/SBX/GOV/CENTRAL/digital-registries/data/individuals/1.0/read"
    peers.answer("POST", path, 404, {"type": "urn:x/no-such-service", "detail": "no application"})
    assert office.act(application, "verification").status_code == 502
    peers.answer("POST", path, 200, ["nonsense"])
    assert office.act(application, "verification").status_code == 502
    peers.answer("POST", path, 403, {"type": "urn:x/not-allowed"})
    assert office.act(application, "verification").status_code == 502


def test_only_an_officer_verifies_and_never_their_own(office: Any) -> None:
    application = office.submitted("ZZ1")
    for token in (office.citizen("ZZ1"), office.staff("payroll-maker")):
        assert office.act(application, "verification", token).status_code == 403
    own = office.act(application, "verification", office.staff("enrolment-officer", "ZZ1"))
    assert own.json()["type"].endswith("/same-person")
    assert office.neighbours.asked == []


def test_a_draft_is_not_verified_and_a_verified_one_may_be_again(office: Any) -> None:
    draft = office.create("ZZ1").json()["id"]
    assert office.act(draft, "verification").status_code == 409
    application = office.verified("ZZ2")
    office.neighbours.households["HH-ZZ2"]["size"] = 7
    assert office.act(application, "verification").json()["amount"] == 45


def test_what_was_changed_meanwhile_is_not_overwritten(office: Any, peers: Any) -> None:
    application = office.submitted("ZZ1")
    path = "/r1/SBX/GOV/CENTRAL/identity/verifications"

    def send_it_back_first(request: Any) -> Any:
        body = {"decision": "correction", "reason": "not readable"}
        assert office.act(application, "decision", body=body).status_code == 200
        return office.neighbours(request)

    peers.answers[("POST", path)] = send_it_back_first
    refused = office.act(application, "verification")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "changed-meanwhile")
    told = office.ask(office.officer, "GET", f"/applications/{application}").json()
    assert (told["state"], told["checks"]) == ("correction", [])


def test_a_name_that_is_left_out_is_compared_as_none(office: Any) -> None:
    office.neighbours.settle("ZZ1")
    form = office.form("ZZ1")
    del form["familyName"]
    body = {"service": "cash-transfer", "individualId": "ZZ1", "form": form}
    application = office.ask(office.citizen("ZZ1"), "POST", "/applications", body).json()["id"]
    office.act(application, "submit", office.citizen("ZZ1"))
    assert outcome(office.act(application, "verification"))[2] == "name-mismatch"
    office.neighbours.identities["ZZ1"] = {**office.neighbours.identities["ZZ1"], "family_name": None}
    assert outcome(office.act(application, "verification"))[0] == "verified"


def test_a_payee_that_belongs_to_somebody_else_fails_the_check(office: Any) -> None:
    office.neighbours.settle("ZZ1")
    office.neighbours.settle("ZZ2")
    application = office.create("ZZ1", payeeFunctionalId=f"{'ZZ2':0>20}").json()["id"]
    office.act(application, "submit", office.citizen("ZZ1"))
    told = office.act(application, "verification").json()
    assert (told["state"], told["reason"]) == ("check-failed", "payee-mismatch")
