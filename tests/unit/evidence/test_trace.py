from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.evidence.trace import compare_traces, digest_of, read_trace
from sandbox.model.run import Event, RunStarted, StepFinished
from tests.fakes.sample_run import play_run


def _with_answer(events: list[Event], place: int, change: Callable[[Any], Any]) -> list[Event]:
    """Change the answer of the step that stands at `place` among those that call."""
    calls = [at for at, each in enumerate(events) if isinstance(each, StepFinished) and each.result.call]
    event = events[calls[place]]
    assert isinstance(event, StepFinished)
    assert event.result.call
    response = event.result.call.response.model_copy(update={"body": change(event.result.call.response.body)})
    call = event.result.call.model_copy(update={"response": response})
    changed = event.model_copy(update={"result": event.result.model_copy(update={"call": call})})
    return [*events[: calls[place]], changed, *events[calls[place] + 1 :]]


def _answers(*bodies: Any) -> list[Event]:
    events = list(play_run().events)
    for place, body in enumerate(bodies):
        events = _with_answer(events, place, lambda _, body=body: body)
    return events


def _differences(then: list[Event], now: list[Event]) -> list[tuple[str, Any, Any]]:
    return [(each.what, each.then, each.now) for each in compare_traces(read_trace(then), read_trace(now))]


def test_a_run_went_as_it_went() -> None:
    trace = read_trace(play_run().events)
    assert compare_traces(trace, trace) == ()
    assert digest_of(trace) == digest_of(read_trace(play_run().events))


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("ex-aa2f57bcf54e939fe72b", "ex-9614b91cfdae117cecbe"),
        ("2026-01-01T13:37:41.359049+00:00", "2026-01-01T13:53:52Z"),
        ("http://127.0.0.1:51485/r1/a", "http://127.0.0.1:39279/r1/a"),
        ('{"id":"cd9da4832c6a7e8262292367"}', '{"id":"c2b24db3fc574cd77a11ea6d"}'),
        ("7c9e6679-7425-40de-944b-e07fc1f90ae7", "16fd2706-8baf-433b-82eb-8c7fada847da"),
    ],
)
def test_what_was_made_up_on_the_way_may_be_another(then: str, now: str) -> None:
    assert _differences(_answers(then), _answers(now)) == []
    assert digest_of(read_trace(_answers(then))) == digest_of(read_trace(_answers(now)))


def test_an_id_must_be_another_in_the_same_way_everywhere() -> None:
    a, b, c, d = ("aa2f57bcf54e", "bb2f57bcf54e", "cc2f57bcf54e", "dd2f57bcf54e")
    assert _differences(_answers(a, b, a), _answers(c, d, c)) == []
    assert _differences(_answers(a, b, a), _answers(c, d, d)) == [("answer", a, d)]
    assert digest_of(read_trace(_answers(a, b, a))) != digest_of(read_trace(_answers(c, d, d)))


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"amount": 30}, {"amount": 31}),
        ({"amount": 30}, {"amount": "30"}),
        ({"held": 1}, {"held": True}),
        ({"name": "Vaban"}, {"name": "Vabam"}),
        ({"citizen": "ZZ2888632029"}, {"citizen": "ZZ5315473545"}),
        ({"on": "2026-01-01T10:00:00Z"}, {"on": "2026-01-02T10:00:00Z"}),
        ({"list": []}, {"list": [1]}),
        ({"a": None}, {}),
    ],
)
def test_whatever_people_are_or_get_must_be_the_same(then: Any, now: Any) -> None:
    assert _differences(_answers(then), _answers(now)) != []
    assert digest_of(read_trace(_answers(then))) != digest_of(read_trace(_answers(now)))


def test_references_that_a_run_was_given_may_be_others() -> None:
    def given(reference: str) -> list[Event]:
        events = _answers({"batch": reference}, {"first": f"{reference}0001"})
        at = next(at for at, each in enumerate(events) if isinstance(each, StepFinished) and each.result.call)
        event = events[at]
        assert isinstance(event, StepFinished)
        assert event.result.call
        call = event.result.call.model_copy(update={"operation_id": "newReferences"})
        events[at] = event.model_copy(update={"result": event.result.model_copy(update={"call": call})})
        return events

    assert _differences(given("QF0M09UCMGTQ"), given("U1H374MCPE6R")) == []


def test_a_step_that_was_not_played_is_named_and_what_follows_is_still_compared() -> None:
    events = list(play_run().events)
    at = next(at for at, each in enumerate(events) if isinstance(each, StepFinished) and each.result.call)
    left_out = events[at]
    assert isinstance(left_out, StepFinished)
    told = compare_traces(read_trace(events), read_trace([*events[:at], *events[at + 1 :]]))
    assert [(each.sentence, each.what, each.then, each.now) for each in told] == [
        (left_out.result.sentence, "step", "played", None)
    ]


def test_the_sandbox_and_the_run_may_be_called_otherwise() -> None:
    def called(name: str, run: str) -> list[Event]:
        events = _answers(f"{name} {run}")
        assert isinstance(events[0], RunStarted)
        return [events[0].model_copy(update={"sandbox": name, "run": run}), *events[1:]]

    assert _differences(called("usct-7f3a", "r-one"), called("usct-0bd6", "r-two")) == []


def test_another_run_is_told_step_by_step() -> None:
    told = compare_traces(read_trace(play_run().events), read_trace(play_run(fault_at="enrol-payee").events))
    assert told
    assert ("outcome", "passed", "failed") in [(each.what, each.then, each.now) for each in told]
