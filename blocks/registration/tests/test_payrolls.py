"""Three people, a list that can't be changed, and a release of exactly what was approved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from blocks.registration import payrolls

BATCH = "BATCH0000001"
ALL = ["payroll-maker", "payroll-checker", "payroll-releaser"]


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def test_the_payroll_lists_beneficiaries_by_need(office: Any) -> None:
    office.approved("ZZ1")
    office.approved("ZZ2", size=7, elderly=1)
    office.verified("ZZ3")
    told = office.prepare()
    assert told.status_code == 201
    payroll = told.json()
    assert (payroll["count"], payroll["total"], payroll["currency"]) == (2, 75, "XTS")
    assert payroll["items"] == [
        {
            "InstructionID": "BATCH0000001000" + str(number),
            "PayeeFunctionalID": f"{person:0>20}",
            "Amount": amount,
            "Currency": "XTS",
            "Narration": "cash-transfer 2026-01",
            "individualId": person,
        }
        for number, person, amount in ((1, "ZZ2", 45), (2, "ZZ1", 30))
    ]
    assert payroll["excluded"] == []


def test_the_dead_and_the_missing_are_left_out_with_the_reason(office: Any) -> None:
    for person in ("ZZ1", "ZZ2", "ZZ3"):
        office.approved(person)
    office.neighbours.people["ZZ1"]["alive"] = False
    del office.neighbours.people["ZZ2"]
    before = len(office.neighbours.asked)
    payroll = office.prepare().json()
    assert [item["individualId"] for item in payroll["items"]] == ["ZZ3"]
    assert payroll["excluded"] == [
        {"individualId": "ZZ1", "reason": "deceased"},
        {"individualId": "ZZ2", "reason": "not-in-registry"},
    ]
    assert {asked.rpartition("/")[2] for asked in office.neighbours.asked[before:]} == {"exists"}


def test_there_is_one_payroll_per_period_and_batch(office: Any) -> None:
    office.approved("ZZ1")
    first = office.prepare().json()
    office.approved("ZZ2")
    assert office.prepare().json() == first
    assert kind(office.prepare("BATCH0000002")) == (409, "payroll-exists")
    assert kind(office.prepare(BATCH, "2026-02")) == (409, "payroll-exists")
    another = office.staff("payroll-maker", "STAFF-second-maker")
    assert kind(office.prepare(token=another)) == (409, "payroll-exists")
    assert office.prepare("BATCH0000002", "2026-02").json()["count"] == 2


def test_many_preparations_at_the_same_moment_are_one(office: Any) -> None:
    office.approved("ZZ1")
    with ThreadPoolExecutor(6) as crowd:
        answers = list(crowd.map(lambda _: office.prepare(), range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert {answer.json()["count"] for answer in answers} == {1}


def test_nobody_to_pay_is_no_payroll(office: Any) -> None:
    assert kind(office.prepare()) == (409, "nobody-to-pay")


def test_more_than_a_batch_takes_is_no_payroll(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payrolls, "MOST_ITEMS", 1)
    office.approved("ZZ1")
    office.approved("ZZ2")
    assert kind(office.prepare()) == (409, "payroll-too-large")


def test_a_registry_that_fails_makes_no_payroll(office: Any) -> None:
    office.approved("ZZ1")
    office.neighbours.fail = {"exists"}
    assert office.prepare().status_code == 502
    reader = office.staff("payroll-maker")
    assert office.ask(reader, "GET", f"/payrolls/{BATCH}").status_code == 404


def test_maker_checker_and_releaser_are_three_people(office: Any) -> None:
    office.approved("ZZ1")
    everything = {name: office.peers.token(name, *ALL) for name in ("A", "B", "C")}
    office.prepare(token=everything["A"])
    assert kind(office.approve_payroll(token=everything["A"])) == (403, "same-person")
    assert kind(office.release(token=everything["C"])) == (409, "wrong-state")
    assert office.approve_payroll(token=everything["B"]).json()["state"] == "approved"
    for earlier in ("A", "B"):
        assert kind(office.release(token=everything[earlier])) == (403, "same-person")
    assert office.neighbours.paid == []
    released = office.release(token=everything["C"]).json()
    assert [released[name] for name in ("preparedBy", "approvedBy", "releasedBy")] == ["A", "B", "C"]


def test_each_step_needs_its_role(office: Any) -> None:
    office.approved("ZZ1")
    assert kind(office.prepare(token=office.staff("payroll-checker"))) == (403, "role-missing")
    office.prepare()
    assert kind(office.approve_payroll(token=office.staff("payroll-releaser"))) == (403, "role-missing")
    office.approve_payroll()
    assert kind(office.release(token=office.officer)) == (403, "role-missing")
    assert office.ask(office.citizen("ZZ1"), "GET", f"/payrolls/{BATCH}").status_code == 403
    assert office.ask(office.staff("payroll-checker"), "GET", f"/payrolls/{BATCH}").status_code == 200


def test_a_release_hands_the_approved_batch_to_payments(office: Any) -> None:
    office.approved("ZZ1")
    office.prepare()
    assert len(office.approve_payroll().json()["digest"]) == 64
    assert office.release().json()["state"] == "released"
    (validated,), (paid,) = office.neighbours.validated, office.neighbours.paid
    assert paid == {**validated, "Programme": "cash-transfer", "Period": "2026-01"}
    assert (paid["BatchID"], paid["RequestID"], paid["SourceBBID"]) == (BATCH, BATCH, "SOCIALMINIST")
    assert paid["CreditInstructions"] == [
        {
            "InstructionID": "BATCH00000010001",
            "PayeeFunctionalID": f"{'ZZ1':0>20}",
            "Amount": 30,
            "Currency": "XTS",
            "Narration": "cash-transfer 2026-01",
        }
    ]


def test_repeats_give_the_first_answer(office: Any) -> None:
    office.approved("ZZ1")
    office.prepare()
    assert office.approve_payroll().json() == office.approve_payroll().json()
    another = office.staff("payroll-checker", "STAFF-second-checker")
    assert kind(office.approve_payroll(token=another)) == (409, "wrong-state")
    assert office.release().json() == office.release().json()
    assert len(office.neighbours.paid) == 1


@pytest.mark.parametrize("broken", ["prepayment-validation", "bulk-payment"])
def test_a_release_that_broke_off_is_completed(office: Any, broken: str) -> None:
    office.approved("ZZ1")
    office.prepare()
    office.approve_payroll()
    office.neighbours.fail = {broken}
    assert office.release().status_code == 502
    office.neighbours.fail = set()
    assert office.release().json()["state"] == "released"
    assert len(office.neighbours.paid) == 1


TAMPERED = [
    "UPDATE payroll_items SET amount = amount + 1",
    "UPDATE applications SET form = jsonb_set(form, '{financialAddress}', '\"THIEF001/1\"')",
    "UPDATE applications SET payee = 'THIEF000000000000000'",
    "DELETE FROM payroll_items WHERE position = 1",
]


@pytest.mark.parametrize("attack", TAMPERED)
def test_what_differs_from_what_was_approved_is_not_released(
    office: Any, postgres: Any, database: str, attack: str
) -> None:
    office.approved("ZZ1")
    office.approved("ZZ2")
    office.prepare()
    office.approve_payroll()
    statement = attack if "payee =" not in attack else f"{attack} WHERE individual_id = 'ZZ1'"
    with psycopg.connect(postgres.url(database.rpartition("/")[2])) as owner:
        owner.execute(statement)
    assert kind(office.release()) == (409, "payroll-changed")
    assert office.neighbours.paid == []


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE payroll_items SET amount = 1",
        "DELETE FROM payroll_items",
        "UPDATE payrolls SET prepared_by = 'x'",
        "DELETE FROM payrolls",
        "DELETE FROM payroll_exclusions",
    ],
)
def test_the_serving_role_can_not_change_what_is_listed(database: str, attack: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(attack)


@pytest.mark.parametrize(("period", "batch"), [("2026-13", BATCH), ("2026", BATCH), ("2026-01", "short")])
def test_a_period_and_a_batch_id_have_their_form(office: Any, period: str, batch: str) -> None:
    assert office.prepare(batch, period).status_code == 400
