"""What can't be done with a product is not applicable: never passed, and never held against it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.calls.messages import Answer, Request
from sandbox.candidates.applicability import Applicability
from sandbox.candidates.verdicts import review
from sandbox.model.run import Call, Message, Outcome, StepResult, Verdict
from sandbox.model.sandbox import Swap

FAR = Swap(block="messaging", ref="https://far", name="Far", image="", url="https://far", clock="real")
HERE = Swap(block="payments", ref="./here", name="Here", image="sha256:1")


class Willing:
    """Answers everything with one status, and remembers what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[str] = []

    def call(self, request: Request) -> Answer:
        self.asked.append(request.operation_id)
        return Answer(url="", status=self.status)


def ask(
    knows: Applicability, operation: str, status: int = 200, body: Any = None
) -> tuple[Answer, list[str]]:
    caller = Willing(status)
    request = Request(block="sandbox", operation_id=operation, method="POST", target="/", body=body)
    return knows.call(caller, request), caller.asked


@pytest.mark.parametrize(
    ("operation", "status", "matters"),
    [
        ("reset", 200, False),
        ("advanceClock", 200, True),
        ("awaitMessage", 408, True),
        ("saveCheckpoint", 201, True),
    ],
)
def test_a_control_reaches_the_others_and_is_not_applicable(
    operation: str, status: int, matters: bool
) -> None:
    knows = Applicability([FAR])
    answer, asked = ask(knows, operation, status)
    assert (asked, answer.status) == ([operation], status)
    assert "Far" in answer.not_applicable
    assert knows.unmet == ([answer.not_applicable] if matters else [])


def test_nothing_is_planted_in_a_product_elsewhere_and_all_is_in_others() -> None:
    knows = Applicability([FAR])
    planted, asked = ask(knows, "plant", body={"block": "messaging"})
    assert (asked, planted.not_applicable) == ([], knows.unmet[0])
    planted, asked = ask(knows, "plant", body={"block": "payments"})
    assert (asked, planted.not_applicable) == (["plant"], "")


@pytest.mark.parametrize(
    ("operation", "status"), [("reset", 500), ("awaitMessage", 200), ("pickCitizens", 201)]
)
def test_what_is_refused_or_can_be_done_is_as_it_is(operation: str, status: int) -> None:
    assert ask(Applicability([FAR]), operation, status)[0].not_applicable == ""


def test_a_product_that_follows_our_clock_is_no_exception() -> None:
    assert ask(Applicability([HERE]), "advanceClock")[0].not_applicable == ""
    real = HERE.model_copy(update={"clock": "real"})
    assert "Here" in ask(Applicability([real]), "advanceClock")[0].not_applicable
    assert ask(Applicability([real]), "reset")[0].not_applicable == ""


def failing_at(block: str) -> StepResult:
    call = Call(
        method="GET",
        url="/",
        operation_id="x",
        block=block,
        status=500,
        request=Message(),
        response=Message(),
    )
    return StepResult(
        number=9,
        path=("story",),
        step_id="it-was-sent",
        sentence="It was sent.",
        source="x:1",
        outcome=Outcome.FAILED,
        depth=0,
        iteration=1,
        started=datetime(2026, 1, 1, tzinfo=UTC),
        milliseconds=1.0,
        call=call,
    )


FAILED = Verdict(outcome=Outcome.FAILED, sentence="Step 9 failed.", steps={"failed": 1})


def test_it_is_rejected_for_its_own_answers_alone() -> None:
    assert review(FAILED, failing_at("messaging"), [FAR], []).outcome is Outcome.FAILED
    elsewhere = review(FAILED, failing_at("registration"), [FAR], [])
    assert elsewhere.outcome is Outcome.ERROR
    assert "can call no other block from where it runs" in elsewhere.sentence


def test_what_fails_after_something_that_was_not_applicable_tells_nothing() -> None:
    told = review(FAILED, failing_at("messaging"), [FAR], [], ["the clock of Far can't be moved"])
    assert (told.outcome, told.sentence) == (
        Outcome.ERROR,
        "It can't be told of Far, because the clock of Far can't be moved. Step 9 failed.",
    )


def test_a_pass_says_how_many_steps_were_not_applicable() -> None:
    passed = Verdict(outcome=Outcome.PASSED, sentence="All was sent.", steps={"passed": 5, "skipped": 2})
    told = review(passed, None, [FAR], [])
    assert told.outcome is Outcome.PASSED
    assert told.sentence == "All was sent. Not applicable to Far, and not passed: 2 of the steps."
