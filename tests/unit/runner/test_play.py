"""What a played scenario does on the wire and tells its listeners, construct by construct."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from sandbox.calls.messages import Answer, Request
from sandbox.calls.redaction import Redactor
from sandbox.errors import BlockUnreachable, UsageError
from sandbox.model.run import Event, Outcome, RunFinished, StepFinished, StepStarted, WorkflowFinished
from sandbox.model.scenario import FigureSpec
from tests.fakes.arazzo import TOKEN, Stage, echo, interface_of, scenario_of, story_of

OK = ["$statusCode == 200"]


def inputs_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def answering(*statuses: int, headers: dict[str, str] | None = None) -> Callable[[Any], httpx2.Response]:
    """Answer with these statuses in turn, the last one for ever."""
    left = list(statuses)

    def answer(request: httpx2.Request) -> httpx2.Response:
        status = left.pop(0) if len(left) > 1 else left[0]
        return httpx2.Response(status, json={"status": status}, headers=headers)

    return answer


def counting(last: int) -> Callable[[httpx2.Request], httpx2.Response]:
    """Answer 1, 2, 3 ... to `next`, with `more` until the last; echo everything else."""
    rounds = iter(range(1, last + 1))

    def answer(request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/next"):
            return httpx2.Response(200, json=json.loads(request.content))
        position = next(rounds)
        return httpx2.Response(200, json={"position": position, "more": position < last})

    return answer


def test_two_steps_pass_and_the_second_gets_what_the_first_got():
    stage = Stage()
    finished = stage.play(
        scenario_of(
            story_of(
                echo(
                    "open",
                    {"person": "RW-1", "n": 3},
                    successCriteria=OK,
                    outputs={"person": "$response.body#/person", "count": "$response.body#/n"},
                ),
                {
                    "stepId": "look",
                    "operationId": "read",
                    "parameters": [
                        {"name": "thingId", "in": "path", "value": "$steps.open.outputs.person"},
                        {"name": "n", "in": "query", "value": "$steps.open.outputs.count"},
                        {"name": "Information-Mediator-Client", "in": "header", "value": "SBX/GOV/A/b"},
                    ],
                    "successCriteria": OK,
                },
                outputs={"count": "$steps.open.outputs.count"},
            ),
            passed="{count} counted.",
            figures=(FigureSpec(output="count", label="Counted"),),
        )
    )
    second = stage.requests[1]
    assert str(second.url) == "http://mediator.test/r1/SBX/GOV/CENTRAL/things/things/RW-1?n=3"
    assert second.headers["Information-Mediator-Client"] == "SBX/GOV/A/b"
    assert second.headers["Information-Mediator-Secret"] == TOKEN
    assert finished.verdict.outcome is Outcome.PASSED
    assert finished.verdict.sentence == "3 counted."
    assert finished.verdict.figures[0].exchanges == ("x1",)
    assert finished.verdict.steps == {"passed": 2}
    assert finished.outputs == {"count": 3}
    assert [event.kind for event in stage.events] == [
        "run-started",
        "workflow-started",
        "step-started",
        "step-finished",
        "step-started",
        "step-finished",
        "workflow-finished",
        "run-finished",
    ]


def test_a_failed_criterion_ends_the_story_and_shows_both_values():
    stage = Stage()
    finished = stage.play(
        scenario_of(
            story_of(
                echo(
                    "count",
                    {"n": 2},
                    description="Three are counted.",
                    successCriteria=["$response.body#/n == 3"],
                ),
                echo("never"),
            )
        )
    )
    result = stage.results[0]
    assert stage.order == ["count"]
    assert result.outcome is Outcome.FAILED
    assert (result.checks[0].found, result.checks[0].wanted) == (2, 3)
    assert finished.verdict.outcome is Outcome.FAILED
    assert finished.verdict.sentence == ("Step 1 failed: “Three are counted” — n: found 2, wanted 3.")
    assert finished.verdict.steps == {"failed": 1}


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (echo("s", {}, outputs={"o": "$response.body#/absent"}), "reaches nothing: there is no 'absent'"),
        (echo("s", "$inputs.o.absent"), "$inputs.o.absent reaches nothing: there is no 'absent'"),
        (
            echo(
                "s",
                {"a": "$inputs.o"},
                requestBody={"payload": {}, "replacements": [{"target": "/x/y", "value": 1}]},
            ),
            "the payload has no 'x' to replace",
        ),
        (
            {
                "stepId": "s",
                "operationId": "read",
                "parameters": [{"name": "thingId", "in": "path", "value": ".."}],
            },
            "the path's 'thingId' can't be the text '..'",
        ),
    ],
)
def test_what_can_not_be_sent_or_found_fails_the_step(step: Any, reason: str):
    stage = Stage()
    story = story_of(step, inputs=inputs_of(o={"default": {}}))
    assert stage.play(scenario_of(story)).verdict.outcome is Outcome.FAILED
    assert reason in stage.results[0].reason


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, "passed"), (302, "passed"), (404, "failed"), (500, "failed")]
)
def test_a_step_without_criteria_expects_not_to_be_refused(status: int, outcome: str):
    stage = Stage(answering(status))
    assert stage.play(scenario_of(story_of(echo("s")))).verdict.outcome == outcome


def test_an_expected_refusal_is_a_pass():
    stage = Stage(answering(403))
    story = story_of(echo("s", successCriteria=["$statusCode == 403"]))
    assert stage.play(scenario_of(story)).verdict.outcome is Outcome.PASSED


def test_values_keep_their_types_on_the_way():
    payload = {
        "i": 2**60,
        "f": 0.1,
        "t": "007",
        "n": None,
        "off": False,
        "zero": 0,
        "e": "",
        "l": [],
        "with-dash": 1,
    }
    stage = Stage()
    stage.play(
        scenario_of(
            story_of(
                echo("one", payload, outputs={"all": "$response.body", "zero": "$response.body#/zero"}),
                echo("two", {"all": "$steps.one.outputs.all", "in": ["$steps.one.outputs.zero"]}),
            )
        )
    )
    assert stage.bodies[1] == {"all": payload, "in": [0]}


def test_a_replacement_changes_one_place_and_not_what_was_answered():
    stage = Stage()
    replaced = {
        "payload": {"h": "$steps.one.outputs.all", "k": [1, 2]},
        "replacements": [
            {"target": "/h/name", "value": "new {$inputs.n}"},
            {"target": "/k/1", "value": "$inputs.n"},
        ],
    }
    stage.play(
        scenario_of(
            story_of(
                echo("one", {"name": "old", "x": 1}, outputs={"all": "$response.body"}),
                echo("two", requestBody=replaced),
                echo("three", "$steps.one.outputs.all"),
                inputs=inputs_of(n={"default": 9}),
            )
        )
    )
    assert stage.bodies[1] == {"h": {"name": "new 9", "x": 1}, "k": [1, 9]}
    assert stage.bodies[2] == {"name": "old", "x": 1}


def test_a_loop_goes_back_while_its_criterion_holds_and_counts_its_rounds():
    stage = Stage(counting(20))
    story = story_of(
        {
            "stepId": "next",
            "operationId": "next",
            "successCriteria": OK,
            "outputs": {"position": "$response.body#/position", "more": "$response.body#/more"},
        },
        echo(
            "visit",
            {"at": "$steps.next.outputs.position"},
            onSuccess=[{"type": "goto", "stepId": "next", "criteria": ["$steps.next.outputs.more == true"]}],
        ),
        echo("close", {}),
    )
    assert stage.play(scenario_of(story)).verdict.steps == {"passed": 41}
    assert [body["at"] for body in stage.bodies if body and "at" in body] == list(range(1, 21))
    assert [one.iteration for one in stage.results if one.step_id == "visit"] == list(range(1, 21))
    assert [one.number for one in stage.results] == list(range(1, 42))


def test_outputs_of_an_earlier_round_do_not_pass_for_this_rounds():
    answers = iter([{"n": 1, "more": True}, {"more": False}])
    stage = Stage(lambda request: httpx2.Response(200, json=next(answers, {})))
    story = story_of(
        {
            "stepId": "next",
            "operationId": "next",
            "outputs": {"n": "$response.body#/n"},
            "onSuccess": [{"type": "goto", "stepId": "next"}],
            "onFailure": [{"type": "goto", "stepId": "use"}],
        },
        echo("use", {"n": "$steps.next.outputs.n"}),
    )
    assert stage.play(scenario_of(story)).verdict.outcome is Outcome.FAILED
    assert stage.results[-1].reason == "$steps.next.outputs.n reaches nothing: step 'next' has not finished"


def test_goto_skips_and_end_ends_the_workflow_with_what_it_has():
    stage = Stage()
    story = story_of(
        echo(
            "one",
            {"v": 1},
            outputs={"v": "$response.body#/v"},
            onSuccess=[{"type": "goto", "stepId": "three"}],
        ),
        echo("two", {"v": 2}, outputs={"v": "$response.body#/v"}),
        echo("three", onSuccess=[{"type": "end"}]),
        echo("four"),
        outputs={"one": "$steps.one.outputs.v", "two": "$steps.two.outputs.v"},
    )
    finished = stage.play(scenario_of(story))
    assert stage.order == ["one", "three"]
    assert (finished.verdict.outcome, finished.outputs) == (Outcome.PASSED, {"one": 1})


def test_the_first_action_whose_criteria_all_hold_is_taken():
    actions = [
        {"name": "a", "type": "end", "criteria": ["$statusCode == 200", "$response.body#/n == 2"]},
        {"name": "b", "type": "end", "criteria": ["$response.body#/absent == 1"]},
        {"name": "c", "type": "goto", "stepId": "three", "criteria": ["$steps.one.outputs.n == 1"]},
        {"name": "d", "type": "end"},
    ]
    stage = Stage()
    story = story_of(
        echo("one", {"n": 1}, outputs={"n": "$response.body#/n"}, onSuccess=actions),
        echo("two"),
        echo("three"),
    )
    stage.play(scenario_of(story))
    assert stage.order == ["one", "three"]


def test_a_failure_that_is_led_elsewhere_does_not_fail_the_run():
    stage = Stage(answering(500, 200))
    story = story_of(
        echo("try", successCriteria=OK, onFailure=[{"type": "goto", "stepId": "instead"}]),
        echo("skipped"),
        echo("instead", successCriteria=OK),
    )
    finished = stage.play(scenario_of(story))
    assert stage.order == ["try", "instead"]
    assert finished.verdict.outcome is Outcome.PASSED
    assert finished.verdict.steps == {"failed": 1, "passed": 1}


def test_end_after_a_failure_is_a_failure():
    stage = Stage(answering(500))
    story = story_of(echo("try", successCriteria=OK, onFailure=[{"type": "end"}]), echo("two"))
    assert stage.play(scenario_of(story)).verdict.outcome is Outcome.FAILED
    assert stage.order == ["try"]


def retry(limit: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "type": "retry",
        "retryAfter": 0.5,
        **({"retryLimit": limit} if limit is not None else {}),
        **more,
    }


@pytest.mark.parametrize(
    ("statuses", "actions", "outcome", "attempts", "naps"),
    [
        ([503, 503, 200], [retry(5)], "passed", 3, [0.5, 0.5]),
        ([503], [retry(2)], "failed", 3, [0.5, 0.5]),
        ([503], [retry()], "failed", 2, [0.5]),
        ([503], [retry(0)], "failed", 1, []),
        ([503, 404, 200], [retry(5, criteria=["$statusCode == 503"])], "failed", 2, [0.5]),
        ([503, 503, 200], [retry(1, name="a"), retry(1, name="b", retryAfter=2)], "passed", 3, [0.5, 2]),
        ([503, 200], [retry(3, retryAfter=0)], "passed", 2, []),
    ],
)
def test_retry_waits_and_tries_again_up_to_its_limit(
    statuses: list[int], actions: list[Any], outcome: str, attempts: int, naps: list[float]
):
    stage = Stage(answering(*statuses))
    story = story_of(echo("s", successCriteria=OK, onFailure=actions))
    assert stage.play(scenario_of(story)).verdict.outcome == outcome
    assert stage.results[0].attempts == attempts
    assert stage.results[0].exchanges == tuple(f"x{n + 1}" for n in range(attempts))
    assert stage.naps == naps


@pytest.mark.parametrize(
    ("header", "nap"),
    [
        ("7", 7.0),
        ("86400", 60.0),
        ("Thu, 01 Jan 2026 00:00:33 GMT", 30.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("soon", 0.5),
    ],
)
def test_retry_after_of_the_answer_overrules_the_documents_up_to_a_minute(header: str, nap: float | None):
    stage = Stage(answering(503, 200, headers={"Retry-After": header}))
    stage.play(scenario_of(story_of(echo("s", successCriteria=OK, onFailure=[retry(1)]))))
    assert stage.naps == ([nap] if nap is not None else [])


def test_a_retry_may_play_another_step_first():
    stage = Stage(answering(200, 401, 200))
    story = story_of(
        echo("log-in", successCriteria=OK),
        echo("use", successCriteria=OK, onFailure=[retry(1, stepId="log-in")]),
    )
    assert stage.play(scenario_of(story)).verdict.outcome is Outcome.PASSED
    assert stage.order == ["log-in", "log-in", "use"]


CHILD = {
    "workflowId": "visit",
    "inputs": {
        "type": "object",
        "required": ["person"],
        "properties": {"person": {"type": "string"}, "amount": {"type": "integer", "default": 50}},
    },
    "steps": [
        echo(
            "ask",
            {"p": "$inputs.person", "a": "$inputs.amount"},
            successCriteria=OK,
            outputs={"a": "$response.body#/a"},
        )
    ],
    "outputs": {"amount": "$steps.ask.outputs.a"},
}


def visit(value: Any = "RW-1", **more: Any) -> dict[str, Any]:
    return {
        "stepId": "call",
        "workflowId": "journey.visit",
        "parameters": [{"name": "person", "value": value}],
        **more,
    }


def test_a_called_workflow_gets_inputs_and_defaults_and_gives_outputs_back():
    stage = Stage()
    finished = stage.play(
        scenario_of(
            story_of(
                echo("ask", {"p": "RW-9"}, outputs={"p": "$response.body#/p"}),
                visit("$steps.ask.outputs.p", outputs={"paid": "$outputs.amount"}),
                echo(
                    "after", {"paid": "$steps.call.outputs.paid", "same": "$workflows.visit.outputs.amount"}
                ),
                echo("own", {"p": "$steps.ask.outputs.p"}),
                outputs={"paid": "$steps.call.outputs.paid"},
            ),
            others={"journey": [CHILD]},
            figures=(FigureSpec(output="paid", label="Paid", unit="RWF"),),
        )
    )
    assert stage.bodies[1:] == [{"p": "RW-9", "a": 50}, {"paid": 50, "same": 50}, {"p": "RW-9"}]
    inner, outer = (next(one for one in stage.results if one.number == n) for n in (3, 2))
    assert inner.path == ("story", "call", "visit", "ask")
    assert (inner.depth, outer.depth) == (1, 0)
    assert outer.exchanges == inner.exchanges == ("x2",)
    # The amount was answered to a request that carried what the first exchange had said.
    assert finished.verdict.figures[0].exchanges == ("x1", "x2")
    assert finished.verdict.figures[0].unit == "RWF"


def test_a_failing_called_workflow_fails_the_step_and_the_inner_step_is_blamed():
    stage = Stage(answering(500))
    finished = stage.play(scenario_of(story_of(visit()), others={"journey": [CHILD]}))
    inner, outer = stage.results
    assert (inner.step_id, outer.step_id) == ("ask", "call")
    assert outer.reason == "step 2, “It does ask”, failed"
    assert finished.verdict.sentence.startswith(
        "Step 2 failed: “It does ask” — status of the answer: found 500"
    )
    ended = [one for one in stage.events if isinstance(one, WorkflowFinished)]
    assert [(one.workflow_id, one.outcome) for one in ended] == [("visit", "failed"), ("story", "failed")]


def test_an_input_that_does_not_fit_the_called_workflow_fails_the_step():
    stage = Stage()
    stage.play(scenario_of(story_of(visit(7)), others={"journey": [CHILD]}))
    assert stage.results[0].reason == "the input 'person' is 7, wanted type string"
    assert not stage.requests


@pytest.mark.parametrize(
    ("policy", "given", "sent"),
    [({}, {}, 20), ({"n": 30, "other": 1}, {}, 30), ({"n": 30}, {"n": 40}, 40)],
)
def test_what_is_given_wins_over_policy_and_policy_over_defaults(policy: Any, given: Any, sent: int):
    stage = Stage()
    story = story_of(echo("s", "$inputs.n"), inputs=inputs_of(n={"type": "integer", "default": 20}))
    stage.play(scenario_of(story, policy=policy), given)
    assert stage.bodies == [sent]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "the input 'n' is required and was not given"),
        ({"n": "x"}, "the input 'n' is the text 'x', wanted type integer"),
        ({"n": 0}, "the input 'n' is 0, wanted minimum 1"),
        ({"n": 1, "m": 1}, "there is no input called 'm'; known are: n"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_before_anything_is_told(given: Any, said: str):
    stage = Stage()
    schema = {**inputs_of(n={"type": "integer", "minimum": 1}), "required": ["n"]}
    with pytest.raises(UsageError, match=said):
        stage.play(scenario_of(story_of(echo("s"), inputs=schema)), given)
    assert not stage.events


class Unreachable:
    """A conversation that breaks down at a given call."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def call(self, request: Request) -> Any:
        raise self.error


def test_an_unreachable_mediator_is_an_error_and_every_level_is_told_so():
    stage = Stage()
    caller = Unreachable(BlockUnreachable("ask at things got no answer"))
    finished = stage.play(scenario_of(story_of(visit()), others={"journey": [CHILD]}), caller=caller)
    assert finished.verdict.outcome is Outcome.ERROR
    assert finished.verdict.sentence == (
        "The run could not be judged at step 2, “It does ask”: ask at things got no answer."
    )
    assert [one.outcome for one in stage.results] == ["error", "error"]
    assert stage.events[-1] == finished


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError("ours")])
def test_the_last_event_comes_also_when_the_run_is_torn_down(error: BaseException):
    stage = Stage()
    with pytest.raises(type(error)):
        stage.play(scenario_of(story_of(echo("s"))), caller=Unreachable(error))
    last = stage.events[-1]
    assert isinstance(last, RunFinished)
    assert last.verdict.outcome is Outcome.ERROR


def test_a_run_that_is_asked_to_stop_ends_before_its_next_step():
    stage = Stage()
    finished = stage.play(
        scenario_of(story_of(echo("one"), echo("two"))), should_stop=lambda: len(stage.requests) == 1
    )
    assert stage.order == ["one"]
    assert finished.verdict.outcome is Outcome.ERROR
    assert finished.verdict.sentence == "The run could not be judged: it was asked to stop."


def test_a_loop_without_end_is_ended():
    stage = Stage()
    story = story_of(echo("again", {}, onSuccess=[{"type": "goto", "stepId": "again"}]))
    finished = stage.play(scenario_of(story), most_steps=50)
    assert len(stage.results) == 50
    assert finished.verdict.outcome is Outcome.ERROR
    assert "more than 50 steps" in finished.verdict.sentence


def test_every_step_that_starts_finishes_and_carries_its_place():
    stage = Stage(answering(200, 500))
    stage.play(scenario_of(story_of(echo("one"), visit()), others={"journey": [CHILD]}))
    started = {one.number for one in stage.events if isinstance(one, StepStarted)}
    ended = {one.result.number for one in stage.events if isinstance(one, StepFinished)}
    assert started == ended == {1, 2, 3}
    assert stage.results[0].source == "scenarios/trial/scenario.arazzo.yaml:10"


def test_a_check_over_a_whole_body_is_told_in_few_words():
    stage = Stage()
    pattern = {"type": "regex", "context": "$response.body", "condition": "absent"}
    stage.play(scenario_of(story_of(echo("s", {"list": ["x" * 100] * 100}, successCriteria=[pattern]))))
    assert stage.results[0].checks[0].found == "an object with list"
    assert len(stage.results[0].reason) < 300


def test_no_listener_hears_a_secret_and_the_workflow_still_passes_it_on():
    secret = "opaque-access-token"
    heard: list[str] = []

    def listen(event: Event) -> None:
        heard.append(event.model_dump_json())

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(201, json={"access_token": secret, "voucher": "marked-by-contract"})

    stage = Stage(answer)
    bearer = {"name": "Authorization", "in": "header", "value": "Bearer {$steps.log-in.outputs.token}"}
    finished = stage.play(
        scenario_of(
            story_of(
                echo(
                    "log-in",
                    {"pin": "4711", "issued": "issued-to-the-sandbox"},
                    successCriteria=["$statusCode == 201"],
                    outputs={"token": "$response.body#/access_token", "voucher": "$response.body#/voucher"},
                ),
                echo("use", {"v": "$steps.log-in.outputs.voucher"}, parameters=[bearer]),
                echo("fail", successCriteria=["$response.body#/access_token == 'other'"]),
                outputs={"token": "$steps.log-in.outputs.token"},
            )
        ),
        interfaces={"things": interface_of("things", ("response/voucher",))},
        redactor=Redactor([TOKEN, "issued-to-the-sandbox"]),
        listeners=[listen],
    )
    assert stage.requests[1].headers["Authorization"] == f"Bearer {secret}"
    assert stage.bodies[1] == {"v": "marked-by-contract"}
    everything = "".join(heard) + finished.model_dump_json()
    for one in (secret, TOKEN, "4711", "issued-to-the-sandbox", "marked-by-contract"):
        assert one not in everything
    assert "[redacted]" in finished.verdict.sentence


def test_a_step_that_is_not_applicable_is_counted_apart_and_the_run_goes_on() -> None:
    class Partly:
        """Can do the second of three calls for others alone; its answer is not what the step wants."""

        def __init__(self) -> None:
            self.asked = 0

        def call(self, request: Request) -> Answer:
            del request
            self.asked += 1
            unmet = "the clock of X can't be moved" if self.asked == 2 else ""
            return Answer(url="", status=408 if unmet else 200, not_applicable=unmet)

    stage = Stage()
    steps = [echo(name, {}, successCriteria=OK) for name in ("first", "second", "third")]
    finished = stage.play(scenario_of(story_of(*steps)), caller=Partly())
    assert [(one.outcome.value, one.reason) for one in stage.results] == [
        ("passed", ""),
        ("skipped", "the clock of X can't be moved"),
        ("passed", ""),
    ]
    assert finished.verdict.steps == {"passed": 2, "skipped": 1}
