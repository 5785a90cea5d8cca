"""What counts as lost, and what as failed, recovered or passed."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.challenge.judging import (
    ORDER,
    REPORTED,
    WITNESS,
    Observed,
    State,
    find_differences,
    find_loss,
    flatten,
    judge,
    learn_made_up,
    reconcile,
)
from sandbox.model.challenge import CHALLENGES, FaultRow, Point, Result, Trial, worst

POINT = Point(fault="drop", block="payments", operation="payBulk", step=7, sentence="The payroll is paid.")


def credit(name: str, payee: str, amount: int = 30) -> dict[str, Any]:
    return {"instructionId": name, "payee": payee, "amount": amount, "currency": "XTS"}


def paid(prefix: str, *payees: str) -> State:
    credits = [credit(f"{prefix}-{place}", payee) for place, payee in enumerate(payees)]
    return {WITNESS: credits, REPORTED: list(credits), "register births": [{"id": prefix, "name": "Amina"}]}


CLEAN, AGAIN = paid("a", "P1", "P2"), paid("b", "P1", "P2")
MADE_UP = learn_made_up(CLEAN, AGAIN)


def test_what_two_unfaulted_plays_made_up_is_not_compared() -> None:
    assert {
        (WITNESS, "instructionId"),
        (REPORTED, "instructionId"),
        ("register births", "id"),
        *ORDER,
    } == MADE_UP
    assert find_differences(CLEAN, paid("c", "P2", "P1"), MADE_UP) == ()


def test_an_institution_that_was_asked_again_books_later_and_nothing_is_lost() -> None:
    def booked(*payees: str) -> State:
        return {WITNESS: [{**credit("i", payee), "journal": n} for n, payee in enumerate(payees)]}

    known = learn_made_up(booked("P1", "P2"), booked("P1", "P2"))
    assert find_differences(booked("P1", "P2"), booked("P2", "P1"), known) == ()
    assert find_differences(booked("P1", "P2"), booked("P2"), known) != ()


def test_of_many_differences_both_kinds_are_told() -> None:
    told = find_differences(paid("a", *"12345"), paid("a", *"67890"), MADE_UP)
    assert [line.partition(": ")[2].split()[0] for line in told[:4]] == ["missing", "missing", "too", "too"]


def test_money_that_did_not_arrive_is_lost() -> None:
    lost = find_loss(paid("c", "P1"), [CLEAN], MADE_UP)
    assert f"{WITNESS}: missing amount 30, currency XTS, payee P2" in lost


def test_whoever_is_paid_twice_is_found_although_nothing_is_missing() -> None:
    twice = paid("c", "P1", "P2", "P2")
    assert f"{WITNESS}: too much amount 30, currency XTS, payee P2" in find_loss(twice, [CLEAN], MADE_UP)
    credits = [credit("c-0", "P1"), credit("c-0", "P1")]
    assert "credited 2 times: instruction c-0" in reconcile({WITNESS: credits, REPORTED: credits[:1]})


def test_what_payments_reports_and_the_witness_never_saw_is_found_without_any_other_play() -> None:
    (told,) = reconcile({WITNESS: [], REPORTED: [credit("c-0", "P1")]})
    assert told.startswith("reported and not with the witness")
    (told,) = reconcile({WITNESS: [credit("c-0", "P1")], REPORTED: []})
    assert told.startswith("with the witness and not reported")


def test_a_missing_entry_of_a_register_and_a_missing_book_are_found() -> None:
    forgetful = {**CLEAN, "register births": []}
    assert find_differences(CLEAN, forgetful, MADE_UP) == ("register births: missing name Amina",)
    without = {name: found for name, found in CLEAN.items() if name != "register births"}
    assert find_differences(CLEAN, without, MADE_UP) == ("register births: missing name Amina",)


def test_a_play_that_broke_off_may_have_come_to_either_side_of_its_step() -> None:
    before, past = paid("c", "P1"), paid("d", "P1", "P2")
    for state in (paid("e", "P1"), paid("e", "P1", "P2")):
        assert find_loss(state, [before, past], MADE_UP) == ()
    assert find_loss(paid("e"), [before, past], MADE_UP)


@pytest.mark.parametrize(
    ("seen", "result", "said"),
    [
        (Observed(finished=True, struck=[200]), "passed", "nobody had to ask again"),
        (Observed(finished=True, struck=[504], retries=1), "recovered", "asked again once"),
        (Observed(finished=True, struck=[502], retries=3), "recovered", "asked again 3 times"),
        (Observed(finished=True, struck=[504]), "recovered", "a block tried again by itself"),
        (Observed(finished=False, struck=[500], reason="step 7: 500."), "failed", "step 7: 500. Nothing was"),
        (Observed(finished=True), "unmet", "no exchange met it after step 7"),
        (Observed(finished=True, struck=[504], differences=["gone"]), "lost", "gone"),
        (Observed(finished=False, struck=[500], differences=["gone"]), "lost", "gone"),
        (Observed(finished=True, differences=["gone"]), "lost", "gone"),
    ],
)
def test_a_play_under_a_planted_fault(seen: Observed, result: Result, said: str) -> None:
    found, told = judge(POINT, seen, planted=True)
    assert found == result
    assert said in told


def test_what_is_broken_from_outside_always_strikes() -> None:
    assert judge(POINT, Observed(finished=True), planted=False)[0] == "passed"
    assert judge(POINT, Observed(finished=True, unanswered=1), planted=False)[0] == "recovered"
    assert judge(POINT, Observed(finished=False, reason="x"), planted=False)[0] == "failed"


def test_a_row_is_as_bad_as_its_worst_play() -> None:
    trials = tuple(Trial(point=POINT, result=each, said="") for each in ("passed", "lost", "recovered"))
    assert FaultRow(fault=CHALLENGES["drop"], trials=trials).result == "lost"
    assert worst(["unmet", "recovered", "passed"]) == "recovered"
    assert FaultRow(fault=CHALLENGES["drop"], why="no").result == "skipped"


def test_records_are_laid_out_flat() -> None:
    assert flatten({"a": {"b": 1}, "c": [1, 2]}) == {"a/b": 1, "c": "[1, 2]"}
