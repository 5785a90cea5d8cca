"""What a verdict is worth when a product took part."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from sandbox.candidates.verdicts import find_leaks, review
from sandbox.evidence.leaks import LiveSecrets
from sandbox.model.run import Call, Figure, Message, Outcome, StepResult, Verdict
from sandbox.model.sandbox import Swap

SECRET = "5e0f/c1+9a" * 4
OUTWARD = Swap(
    block="payments", ref="x", name="Acme Pay", image="sha256:a", parts={"payments_cache": "sha256:b"}
)
NOWHERE = OUTWARD.model_copy(update={"settles": "nowhere"})
FIGURE = Figure(name="credited", label="Money credited", value=12)
PASSED = Verdict(outcome=Outcome.PASSED, sentence="All were paid.", figures=(FIGURE,))
FAILED = Verdict(outcome=Outcome.FAILED, sentence="Step 7 failed.")


def failure_at(block: str) -> StepResult:
    call = Call(
        method="GET",
        url="/",
        operation_id="listCredits",
        block=block,
        request=Message(),
        status=200,
        response=Message(),
    )
    return StepResult(
        number=7,
        path=("story",),
        step_id="it-arrived",
        sentence="It arrived.",
        source="x:1",
        outcome=Outcome.FAILED,
        depth=0,
        iteration=1,
        started=datetime(2026, 1, 1, tzinfo=UTC),
        milliseconds=1.0,
        call=call,
    )


def test_a_product_that_settles_outward_and_tells_nothing_leaves_the_verdict_alone() -> None:
    assert review(PASSED, None, (OUTWARD,), ()) == PASSED
    failure = failure_at("payee-institutions")
    assert review(FAILED, failure, (OUTWARD,), ()) == FAILED


def test_what_nobody_confirms_is_never_a_pass() -> None:
    reviewed = review(PASSED, None, (NOWHERE,), ())
    assert reviewed.outcome is Outcome.ERROR
    assert reviewed.sentence.startswith("Self-reported by Acme Pay")
    assert [figure.label for figure in reviewed.figures] == ["Money credited (self-reported)"]


def test_a_witness_that_saw_nothing_can_not_tell_against_who_settles_nowhere() -> None:
    reviewed = review(FAILED, failure_at("payee-institutions"), (NOWHERE,), ())
    assert reviewed.outcome is Outcome.ERROR
    assert "settles nowhere" in reviewed.sentence
    assert "Step 7 failed." in reviewed.sentence


def test_any_other_failure_stays_one() -> None:
    assert review(FAILED, failure_at("registration"), (NOWHERE,), ()) == FAILED


@pytest.mark.parametrize(
    "told",
    [
        SECRET,
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"SANDBOX_SECRET={SECRET}".encode()).decode(),
        SECRET.encode().hex(),
        quote(SECRET, safe=""),
    ],
    ids=["raw", "base64", "inside base64", "hex", "percent"],
)
def test_a_secret_in_a_log_is_found_in_every_encoding(told: str) -> None:
    logs = {"payments": f"starting\n{told}\n", "payments_cache": "nothing"}
    assert find_leaks(logs, LiveSecrets([SECRET])) == ["payments"]


def test_who_gives_a_secret_away_has_failed_by_name() -> None:
    reviewed = review(PASSED, None, (OUTWARD,), ("payments_cache",))
    assert reviewed.outcome is Outcome.FAILED
    assert "Acme Pay (payments_cache)" in reviewed.sentence
    assert reviewed.figures == ()
    assert review(FAILED, None, (OUTWARD,), ("payments",)).sentence.startswith("Step 7 failed. And")
