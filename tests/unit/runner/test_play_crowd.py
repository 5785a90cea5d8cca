"""Many journeys: whose turn it is, what each is given, how they are counted, and how they end."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.calls.messages import Answer, Request
from sandbox.calls.redaction import Redactor
from sandbox.errors import BlockUnreachable, ContentError, UsageError
from sandbox.model.crowd import CrowdWish, Ending, JourneyResult
from sandbox.model.operation import Interface
from sandbox.model.population import PopulationRef
from sandbox.model.run import Event, Outcome, StepFinished
from sandbox.model.scenario import Scenario
from sandbox.runner.compile import compile_scenario
from sandbox.runner.crowd import KEPT_FAILED, KEPT_PASSED, Around
from sandbox.runner.play import RunFacts
from sandbox.runner.play_crowd import CrowdRun, play_crowd
from sandbox.runner.tallies import Snapshot
from tests.fakes.arazzo import INTERFACES, Data, echo, scenario_of, story_of

OK = ["$statusCode == 200"]


def asking(*names: str, **rules: Any) -> dict[str, Any]:
    """Inputs that are all required, unless they have a rule of their own."""
    properties = {**{name: {} for name in names}, **rules}
    return {"type": "object", "required": list(names), "properties": properties}


PREPARE = {
    "workflowId": "prepare",
    "inputs": asking("journeys", "grant"),
    "steps": [
        echo(
            "open",
            {"grant": "$inputs.grant", "office": "north"},
            outputs={"office": "$response.body#/office"},
        )
    ],
    "outputs": {"office": "$steps.open.outputs.office"},
}
JOURNEY = {
    "workflowId": "journey",
    "inputs": asking("individualId", "office", "grant"),
    "steps": [
        echo(
            "apply",
            {"who": "$inputs.individualId", "at": "$inputs.office", "grant": "$inputs.grant"},
            description="The citizen applies.",
            successCriteria=OK,
        )
    ],
}
CLOSING = {
    "workflowId": "closing",
    "inputs": asking("passed", "unfinished", "dirt"),
    "steps": [
        echo(
            "count",
            {"passed": "$inputs.passed", "unfinished": "$inputs.unfinished", "dirt": "$inputs.dirt"},
            outputs={"passed": "$response.body#/passed"},
        )
    ],
    "outputs": {"counted": "$steps.count.outputs.passed"},
}


def _with_picks() -> Interface:
    things = INTERFACES["things"]
    pick = {"operation_id": "pickCitizens", "path": "/picks"}
    return replace(
        things,
        operations={**things.operations, "pickCitizens": things.operations["echo"].model_copy(update=pick)},
        docs={**things.docs, "pickCitizens": replace(things.docs["echo"], **pick)},
    )


PICKING = _with_picks()


def a_scenario(
    prepare: Data | None = PREPARE, journey: Data | None = JOURNEY, closing: Data | None = CLOSING
) -> Scenario:
    return scenario_of(
        story_of(echo("unused")),
        others={
            "journey": [each for each in (prepare, journey) if each is not None],
            "closing": [] if closing is None else [closing],
        },
        policy={"grant": 30},
    )


Answering = Callable[[Any], int]


@dataclass
class Town:
    """A mediator that hands out citizens, echoes what it is told, and answers as a test says."""

    answering: Answering = lambda _: 200
    lock: threading.Lock = field(default_factory=threading.Lock)
    turns: int = 0
    bodies: list[Any] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    journeys: list[JourneyResult] = field(default_factory=list)
    now: float = 0.0
    watch: Callable[[Snapshot], None] = lambda _: None

    def call(self, request: Request) -> Answer:
        if request.operation_id == "pickCitizens" and request.block == "things":
            detail = "7 citizens fit, 9 were asked for; widen the where"
            return Answer(url="", status=422, body={"detail": detail})
        if request.operation_id == "pickCitizens":
            return Answer(url="", status=201, body={"pickId": "pick-1", "count": request.body["count"]})
        if request.operation_id == "nextCitizen":
            with self.lock:
                self.turns += 1
                citizen = {"individualId": f"P{self.turns}", "givenName": "Ada"}
            return Answer(url="", status=200, body={"citizen": citizen, "more": True})
        with self.lock:
            self.bodies.append(request.body)
            self.now += 1.0
        return Answer(url="", status=self.answering(request.body), body=request.body, exchange_id="x1")

    @contextmanager
    def open(self) -> Iterator[Town]:
        yield self

    def plays(self, scenario: Scenario, wish: CrowdWish, **inputs: Any) -> CrowdRun:
        return play_crowd(
            compile_scenario(scenario, {"things": PICKING}),
            wish,
            facts=RunFacts(
                run="r1", sandbox="s1", runtime="local", population=PopulationRef(), population_digest="d"
            ),
            around=Around(
                open_caller=self.open,
                clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
                sleep=lambda _: None,
                make_redactor=Redactor,
                timer=lambda: self.now,
                watch=lambda snapshot: self.watch(snapshot),
                note=self.journeys.append,
            ),
            listeners=(self.events.append,),
            inputs=inputs,
            redactor=Redactor(),
        )

    @property
    def applications(self) -> list[Any]:
        return [body for body in self.bodies if "who" in body]


def test_every_picked_citizen_has_one_journey_with_what_policy_preparation_and_pick_give():
    town = Town()
    run = town.plays(a_scenario(), CrowdWish(journeys=40, concurrency=4))
    assert Counter(body["who"] for body in town.applications) == {f"P{n}": 1 for n in range(1, 41)}
    assert {(body["at"], body["grant"]) for body in town.applications} == {("north", 30)}
    assert run.finished.verdict.outcome is Outcome.PASSED
    assert run.finished.verdict.sentence.startswith("40 of 40 journeys passed in ")
    assert run.finished.outputs == {"counted": 40}
    assert town.bodies[-1] == {"passed": 40, "unfinished": [], "dirt": "none"}
    assert sorted(each.number for each in town.journeys) == list(range(1, 41))


def test_an_input_that_was_given_wins_over_the_policy():
    town = Town()
    town.plays(a_scenario(), CrowdWish(journeys=1), grant=99)
    assert town.applications[0]["grant"] == 99


def test_journeys_that_fail_are_counted_by_step_and_named_to_the_closing():
    town = Town(answering=lambda body: 500 if body.get("who") in ("P2", "P5") else 200)
    run = town.plays(a_scenario(), CrowdWish(journeys=6, concurrency=1))
    report = run.report
    assert report is not None
    assert (report.passed, report.failed, report.error) == (4, 2, 0)
    (step,) = report.steps
    assert (step.step_id, step.played, step.failed) == ("apply", 6, 2)
    assert [(each.text, each.times) for each in step.reasons] == [
        ("status of the answer: found 500, wanted 200", 2)
    ]
    assert run.finished.verdict.outcome is Outcome.FAILED
    assert "“The citizen applies”, 2 times: status of the answer: found 500" in run.finished.verdict.sentence
    assert town.bodies[-1]["unfinished"] == ["P2", "P5"]
    assert [each.individual for each in town.journeys if each.ending is Ending.FAILED] == ["P2", "P5"]


def test_a_block_that_gives_no_answer_is_an_error_and_the_others_go_on():
    def answer(body: Any) -> int:
        if body.get("who") == "P2":
            raise BlockUnreachable("echo at things got no answer")
        return 200

    run = Town(answering=answer).plays(a_scenario(), CrowdWish(journeys=4, concurrency=1))
    assert run.report is not None
    assert (run.report.passed, run.report.failed, run.report.error) == (3, 0, 1)
    assert run.finished.verdict.outcome is Outcome.ERROR


def test_with_a_rate_durations_count_from_the_planned_start():
    # Each journey takes one second of this town's time, and all were to begin within its first.
    town = Town()
    run = town.plays(
        a_scenario(prepare=None, journey=_alone()), CrowdWish(journeys=5, concurrency=1, rate=10_000)
    )
    assert [round(each.milliseconds, 0) for each in town.journeys] == [1000, 2000, 3000, 4000, 5000]
    assert run.report is not None
    assert (run.report.p50, run.report.slowest) == (pytest.approx(3000, abs=1), pytest.approx(5000, abs=1))
    assert run.report.late == 4


def test_without_a_rate_durations_count_from_the_real_start():
    town = Town()
    town.plays(a_scenario(prepare=None, journey=_alone()), CrowdWish(journeys=3, concurrency=1))
    assert [each.milliseconds for each in town.journeys] == [1000, 1000, 1000]


def _alone() -> Data:
    return {**JOURNEY, "inputs": asking("individualId", office={"default": "south"}, grant={"default": 1})}


def test_what_is_told_does_not_grow_with_the_number_of_journeys():
    town = Town(answering=lambda body: 500 if int(body.get("who", "P0")[1:]) % 2 else 200)
    run = town.plays(a_scenario(), CrowdWish(journeys=200, concurrency=4))
    told = [each.result for each in town.events if isinstance(each, StepFinished)]
    journeys = [each for each in told if each.path[0] == "journey"]
    assert len(journeys) == KEPT_PASSED + KEPT_FAILED
    assert len({each.number for each in told}) == len(told)
    assert run.report is not None
    assert run.report.finished == 200


def test_ctrl_c_ends_it_with_what_is_done_and_without_a_closing():
    noticed = threading.Event()

    def interrupt(_: Snapshot) -> None:
        if not noticed.is_set():
            noticed.set()
            raise KeyboardInterrupt

    def answer(body: Any) -> int:
        if body.get("who") not in (None, "P1"):
            noticed.wait()
        return 200

    town = Town(answering=answer, watch=interrupt)
    run = town.plays(a_scenario(), CrowdWish(journeys=500, concurrency=2))
    assert run.report is not None
    assert run.report.interrupted
    assert run.report.finished + run.report.stopped < 500
    assert run.finished.verdict.outcome is Outcome.ERROR
    assert "interrupted" in run.finished.verdict.sentence
    assert "the closing was not played" in run.finished.verdict.sentence
    assert not any("unfinished" in body for body in town.bodies)
    assert town.events[-1] == run.finished


def test_a_preparation_that_fails_begins_no_journey():
    town = Town(answering=lambda body: 500 if "office" in body else 200)
    run = town.plays(a_scenario(), CrowdWish(journeys=3))
    assert run.report is None
    assert run.finished.verdict.outcome is Outcome.FAILED
    assert town.turns == 0


def test_more_journeys_than_citizens_who_fit_is_said_in_one_sentence():
    prepare = {**PREPARE, "steps": [{**echo("open", {}), "operationId": "pickCitizens"}], "outputs": {}}
    run = Town().plays(a_scenario(prepare=prepare, journey=_alone()), CrowdWish(journeys=9))
    assert isinstance(run.error, UsageError)
    assert str(run.error) == "--journeys 9 can't be played: 7 citizens fit, 9 were asked for"
    assert run.finished.verdict.outcome is Outcome.FAILED


def test_a_closing_that_fails_fails_the_run_though_every_journey_passed():
    town = Town(answering=lambda body: 500 if "unfinished" in body else 200)
    run = town.plays(a_scenario(), CrowdWish(journeys=3))
    assert run.finished.verdict.outcome is Outcome.FAILED
    assert run.finished.verdict.sentence.startswith("3 of 3 journeys passed")
    assert "failed" in run.finished.verdict.sentence


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        (a_scenario(journey=None), "there is no workflow 'journey', and --journeys plays it"),
        (a_scenario(closing=None), "there is no workflow 'closing', and --journeys plays it"),
        (a_scenario(prepare=None), "workflow 'journey' requires the input 'office', which nobody gives"),
        (
            a_scenario(closing={**CLOSING, "inputs": asking("passed", "unfinished", "dirt", "signature")}),
            "workflow 'closing' requires the input 'signature', which nobody gives",
        ),
    ],
)
def test_what_is_missing_is_named_with_its_place_before_anything_is_played(scenario: Scenario, message: str):
    town = Town()
    with pytest.raises(ContentError, match=message) as caught:
        town.plays(scenario, CrowdWish(journeys=1))
    assert str(caught.value).startswith("scenarios/trial/")
    assert town.events == []


def test_an_input_that_no_workflow_has_is_refused():
    with pytest.raises(UsageError, match="no workflow of many journeys has an input called 'colour'"):
        Town().plays(a_scenario(), CrowdWish(journeys=1), colour="red")
