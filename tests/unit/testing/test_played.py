"""What a test is told of a run: the innermost steps that failed, with found and wanted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sandbox.model.run import Check, Outcome, RunFinished, StepFinished, StepResult, Verdict
from sandbox.testing.ground import command_of
from sandbox.testing.played import tell
from sandbox.testing.wishes import make_wish

AT = datetime(2026, 1, 1, tzinfo=UTC)


def step(outcome: Outcome, *path: str, checks: tuple[Check, ...] = ()) -> StepFinished:
    return StepFinished(
        result=StepResult(
            number=1,
            path=path,
            step_id=path[-1],
            sentence="The person is paid.",
            source="scenarios/x/scenario.arazzo.yaml:41",
            outcome=outcome,
            depth=len(path) - 1,
            iteration=1,
            started=AT,
            milliseconds=1,
            checks=checks,
            reason="a condition was not met" if checks else "",
        )
    )


def test_the_innermost_failed_step_is_named_with_what_was_found_and_wanted() -> None:
    checks = (
        Check(condition="$statusCode == 200", held=False, found=409, wanted=200),
        Check(condition="$response.body#/a == 1", held=True, found=1, wanted=1),
    )
    heard = [
        step(Outcome.PASSED, "story", "invite"),
        step(Outcome.FAILED, "story", "pay", "settle", checks=checks),
        step(Outcome.FAILED, "story", "pay"),
        step(Outcome.ERROR, "story", "close"),
    ]
    verdict = Verdict(outcome=Outcome.FAILED, sentence="Nobody was paid.")
    finished = RunFinished(run="r", finished=AT, verdict=verdict, outputs={"paid": 0})
    played = tell("x", finished, heard, Path("evidence/r"))
    assert (played.outcome, played.passed, played.outputs) == ("failed", False, {"paid": 0})
    assert [one.path for one in played.failed_steps] == [("story", "pay", "settle"), ("story", "close")]
    assert [(one.found, one.wanted) for one in played.failed_steps[0].checks] == [(409, 200)]
    assert "scenarios/x/scenario.arazzo.yaml:41" in repr(played)
    assert "$statusCode == 200: found 409, wanted 200" in repr(played)


def test_evidence_says_the_command_that_does_the_same() -> None:
    wish = make_wish("scenario", {"slug": "x", "seed": 5, "dirt": "light", "inputs": {"a": "b c"}}, {})
    assert command_of(wish) == (
        "sandbox run x --pack zz --size 1000 --seed 5 --dirt light --input 'a=\"b c\"'"
    )
