"""The same behaviour about others is the same trace, once names are taken off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.conformance.agreement import find_disagreements, relabel
from sandbox.conformance.plays import Played
from sandbox.conformance.values import Part, Play
from sandbox.model.run import Call, Message, Outcome, StepResult

NAMES = {"ZZ0000000017": "person", "2500": "amount"}


def played(number: int, body: Any, *, person: str, status: int = 200, steps: int = 1) -> Played:
    call = Call(
        method="GET",
        url="http://x/y",
        operation_id="read",
        block="x",
        request=Message(),
        status=status,
        response=Message(body=body),
    )
    step = StepResult(
        number=1,
        path=("w", "look"),
        step_id="look",
        sentence="It is read.",
        source="blocks/x/conformance/y.arazzo.yaml:12",
        outcome=Outcome.PASSED,
        depth=0,
        iteration=1,
        started=datetime(2026, 1, 1, tzinfo=UTC),
        milliseconds=1.0,
        call=call,
    )
    play = Play(behaviour="y", title="Y", values=f"drawn {number}", outcome=Outcome.PASSED, steps=steps)
    return Played(play=play, steps=(step,) * steps, drawn={"person": person})


def test_drawn_values_become_their_names_and_what_a_server_makes_up_its_kind() -> None:
    body = {
        "id": "8d7f0b1c-2a",
        "person": "ZZ0000000017",
        "amount": 2500,
        "at": "2026-11-27T09:00:00Z",
        "state": "in review",
        "count": 4,
        "open": True,
        "note": "batch of ZZ0000000017 is done",
    }
    assert relabel(body, NAMES) == {
        "id": "<text>",
        "person": "{person}",
        "amount": "{amount}",
        "at": "<text>",
        "state": "in review",
        "count": "<number>",
        "open": True,
        "note": "<text> with {person}",
    }


def test_of_lists_only_what_is_about_drawn_values_is_compared() -> None:
    mine = {"person": "ZZ0000000017", "n": 3}
    assert relabel([mine, {"person": "somebody"}, mine], NAMES) == [{"person": "{person}", "n": "<number>"}]


def test_the_same_about_another_person_agrees() -> None:
    one = played(1, {"id": "ZZ0000000017", "list": ["ZZ0000000017"]}, person="ZZ0000000017")
    two = played(2, {"id": "ZZ0000000025", "list": [7, "ZZ0000000025"]}, person="ZZ0000000025")
    assert find_disagreements([one, two]) == []


def test_a_word_a_field_or_a_status_that_differs_is_a_finding_with_the_step_named() -> None:
    one = played(1, {"id": "ZZ0000000017", "state": "open"}, person="ZZ0000000017")
    others = [
        played(2, {"id": "ZZ0000000025", "state": "closed"}, person="ZZ0000000025"),
        played(2, {"id": "ZZ0000000025"}, person="ZZ0000000025"),
        played(2, {"id": "ZZ0000000025", "state": "open"}, person="ZZ0000000025", status=201),
        played(2, {"id": "ZZ0000000017", "state": "open"}, person="ZZ0000000025"),
        played(2, {"id": "ZZ0000000025", "state": "open"}, person="ZZ0000000025", steps=2),
    ]
    for other in others:
        (found,) = find_disagreements([one, other])
        assert (found.part, found.check, found.operation_id) == (Part.AGREEMENT, "y/look", "read")
        assert "drawn 1 and drawn 2" in found.reason


def test_plays_with_known_values_and_failed_ones_are_not_compared() -> None:
    one = played(1, {"state": "open"}, person="a")
    other = played(2, {"state": "closed"}, person="b")
    known = Played(
        play=other.play.model_copy(update={"values": "known"}), steps=other.steps, drawn=other.drawn
    )
    failed = Played(
        play=other.play.model_copy(update={"outcome": Outcome.FAILED}), steps=other.steps, drawn=other.drawn
    )
    assert find_disagreements([one, known, failed]) == []
