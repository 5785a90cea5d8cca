"""An approval stands when payments and the register know of it; a repeat goes on where it stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

APPROVE = {"decision": "approve", "reason": ""}


def reject(reason: str = "below-threshold") -> dict[str, str]:
    return {"decision": "reject", "reason": reason}


def decide(office: Any, application: str, body: Any = APPROVE, token: str | None = None) -> Any:
    return office.act(application, "decision", token, body)


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def test_an_approval_reaches_payments_and_the_register(office: Any) -> None:
    application = office.verified("ZZ1")
    told = decide(office, application).json()
    assert (told["state"], told["reason"], told["decidedBy"]) == ("approved", "", "STAFF-enrolment-officer")
    payee = f"{'ZZ1':0>20}"
    assert office.neighbours.payees[payee]["FinancialAddress"] == "ZZBANK01/ZZ1"
    assert office.neighbours.beneficiaries["ZZ1"] == {
        "individualId": "ZZ1",
        "payeeFunctionalId": payee,
        "householdId": "HH-ZZ1",
        "amount": 30,
        "currency": "XTS",
        "status": "active",
        "programme": "cash-transfer",
    }


def test_the_recommendation_can_be_passed_on_as_it_is(office: Any) -> None:
    for person, size, state in (("ZZ1", 5, "approved"), ("ZZ2", 1, "rejected")):
        verified = office.act(office.submitted(person, size=size), "verification").json()
        body = {"decision": verified["recommendation"], "reason": verified["reason"]}
        assert decide(office, verified["id"], body).json()["state"] == state


def test_the_same_decision_again_changes_nothing_and_another_is_refused(office: Any) -> None:
    approved = office.approved("ZZ1")
    before = len(office.neighbours.asked)
    assert decide(office, approved).json()["state"] == "approved"
    assert len(office.neighbours.asked) == before
    assert kind(decide(office, approved, reject())) == (409, "wrong-state")
    rejected = office.verified("ZZ2", size=1)
    first = decide(office, rejected, reject()).json()
    assert decide(office, rejected, reject()).json() == first
    assert decide(office, rejected, reject("other")).status_code == 409
    assert decide(office, rejected).status_code == 409


@pytest.mark.parametrize(("broken", "done"), [("register-beneficiary", (0, 0)), ("updateOrCreate", (1, 0))])
def test_an_approval_that_broke_off_goes_on_where_it_stopped(
    office: Any, broken: str, done: tuple[int, int]
) -> None:
    application = office.verified("ZZ1")
    around = office.neighbours
    around.fail = {broken}
    assert kind(decide(office, application)) == (502, "neighbour-failed")
    assert (len(around.payees), len(around.beneficiaries)) == done
    assert kind(decide(office, application, reject())) == (409, "wrong-state")
    assert office.act(application, "verification").status_code == 409
    around.fail = set()
    assert decide(office, application).json()["state"] == "approved"
    assert [operation.rpartition("/")[2] for operation in around.asked].count("register-beneficiary") == (
        2 if broken == "register-beneficiary" else 1
    )


def test_many_approvals_at_the_same_moment_are_one(office: Any) -> None:
    application = office.verified("ZZ1")
    with ThreadPoolExecutor(6) as crowd:
        answers = list(crowd.map(lambda _: decide(office, application), range(6)))
    assert {answer.json()["state"] for answer in answers} == {"approved"}
    told = office.ask(None, "GET", "/data/statistics").json()
    assert told[0]["approved"] == 1


def test_what_is_not_eligible_is_not_approved(office: Any) -> None:
    poor_enough = office.verified("ZZ1", size=1)
    assert kind(decide(office, poor_enough)) == (409, "not-eligible")
    failed = office.submitted("ZZ2")
    del office.neighbours.people["ZZ2"]
    office.act(failed, "verification")
    assert kind(decide(office, failed)) == (409, "wrong-state")
    assert office.neighbours.payees == {}


def test_nothing_is_decided_unverified(office: Any) -> None:
    submitted = office.submitted("ZZ1")
    for body in (APPROVE, reject()):
        assert kind(decide(office, submitted, body)) == (409, "wrong-state")


@pytest.mark.parametrize(
    "body", [{"decision": "reject"}, {"decision": "reject", "reason": " "}, {"decision": "x"}]
)
def test_a_rejection_says_why(office: Any, body: Any) -> None:
    assert decide(office, office.verified("ZZ1"), body).status_code == 400


def test_only_an_officer_decides_and_never_their_own(office: Any) -> None:
    application = office.verified("ZZ1")
    for token in (office.citizen("ZZ1"), office.staff("payroll-checker")):
        assert decide(office, application, token=token).status_code == 403
    own = decide(office, application, token=office.staff("enrolment-officer", "ZZ1"))
    assert kind(own) == (403, "same-person")


def test_two_people_do_not_share_a_payee(office: Any) -> None:
    office.approved("ZZ1")
    office.neighbours.settle("ZZ2")
    office.neighbours.identities["ZZ2"]["functional_id"] = f"{'ZZ1':0>20}"  # identity erred
    shared = office.create("ZZ2", payeeFunctionalId=f"{'ZZ1':0>20}").json()["id"]
    office.act(shared, "submit", office.citizen("ZZ2"))
    office.act(shared, "verification")
    assert kind(decide(office, shared)) == (409, "payee-taken")


@pytest.fixture
def refused(office: Any) -> str:
    """An application whose approval ended because payments knows its payee otherwise."""
    application = office.verified("ZZ1")
    office.neighbours.payees[f"{'ZZ1':0>20}"] = {"FinancialAddress": "ELSEWHERE/1"}
    assert kind(decide(office, application)) == (409, "payee-refused")
    return str(application)


def test_a_payee_whom_payments_refuses_leaves_the_decision_open(office: Any, refused: str) -> None:
    told = office.ask(office.officer, "GET", f"/applications/{refused}").json()
    assert (told["state"], told["recommendation"]) == ("verified", "approve")
    assert kind(decide(office, refused)) == (409, "payee-refused")
    assert decide(office, refused, reject("payee-refused")).json()["state"] == "rejected"


def test_a_refused_payee_is_free_for_whoever_it_belongs_to(office: Any, refused: str) -> None:
    del office.neighbours.payees[f"{'ZZ1':0>20}"]
    other = office.create("ZZ2", payeeFunctionalId=f"{'ZZ1':0>20}").json()["id"]
    office.neighbours.settle("ZZ2")
    office.neighbours.identities["ZZ2"]["functional_id"] = f"{'ZZ1':0>20}"
    office.act(other, "submit", office.citizen("ZZ2"))
    office.act(other, "verification")
    assert decide(office, other).json()["state"] == "approved"


def test_a_refused_payee_is_corrected_and_approved_with_a_request_of_its_own(
    office: Any, refused: str
) -> None:
    assert decide(office, refused, {"decision": "correction", "reason": "whose account?"}).status_code == 200
    citizen = office.citizen("ZZ1")
    form = office.form("ZZ1", payeeFunctionalId=f"{'ZZ1OWN':0>20}")
    office.neighbours.identities["ZZ1"]["functional_id"] = form["payeeFunctionalId"]
    assert office.ask(citizen, "PUT", f"/applications/{refused}", {"form": form}).status_code == 200
    office.act(refused, "submit", citizen)
    office.act(refused, "verification")
    assert decide(office, refused).json()["state"] == "approved"
    first, second = office.neighbours.registered
    assert len(first) == len(second) == 12
    assert first != second


def test_an_appeal_is_verified_and_decided_afresh(office: Any) -> None:
    application = office.submitted("ZZ1")
    right = office.neighbours.identities["ZZ1"]
    office.neighbours.identities["ZZ1"] = {**right, "given_name": "Eve"}
    office.act(application, "verification")
    assert decide(office, application, reject("name-mismatch")).json()["reason"] == "name-mismatch"
    office.neighbours.identities["ZZ1"] = right
    citizen = office.citizen("ZZ1")
    appealed = office.act(application, "appeal", citizen, {"reason": "my name is right"}).json()
    assert (appealed["state"], appealed["reason"], appealed["checks"]) == ("in-review", "", [])
    assert office.act(application, "appeal", citizen).json() == appealed
    assert office.act(application, "verification").json()["recommendation"] == "approve"
    assert decide(office, application).json()["state"] == "approved"
    assert kind(office.act(application, "appeal", citizen)) == (409, "wrong-state")


def test_what_is_sent_back_is_corrected_and_handed_in_again(office: Any) -> None:
    application = office.verified("ZZ1")
    sent = decide(office, application, {"decision": "correction", "reason": "account is closed"}).json()
    assert (sent["state"], sent["reason"]) == ("correction", "account is closed")
    citizen = office.citizen("ZZ1")
    form = office.form("ZZ1", financialAddress="ZZBANK02/1")
    office.ask(citizen, "PUT", f"/applications/{application}", {"form": form})
    again = office.act(application, "submit", citizen).json()
    assert (again["state"], again["amount"], again["recommendation"]) == ("submitted", None, "")


@pytest.mark.parametrize(
    "attack", ["DELETE FROM history", "UPDATE history SET changed_by = 'x'", "DELETE FROM applications"]
)
def test_the_history_can_not_be_changed(database: str, attack: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(attack)
