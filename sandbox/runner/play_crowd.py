"""A run of many journeys: `prepare` once, `journey` for each picked citizen, `closing` once, a verdict.

Tells listeners like a run of the story, with the journeys that are kept between `prepare` and
`closing`. An interrupted run has no closing, and its verdict says so.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.calls.client import Caller
from sandbox.calls.redaction import Redactor
from sandbox.errors import SandboxError, UsageError
from sandbox.model.crowd import CrowdReport, CrowdWish
from sandbox.model.run import (
    Event,
    Listener,
    Outcome,
    RunFinished,
    RunStarted,
    StepFinished,
    StepResult,
    Verdict,
)
from sandbox.runner.casting import ROUND, Cast, bind_by_name, cast_crowd
from sandbox.runner.compiled import CompiledScenario, CompiledWorkflow
from sandbox.runner.crowd import Around, Crowd, CrowdOutcome, pick_citizens
from sandbox.runner.flow import MOST_STEPS, Flow, RunStopped
from sandbox.runner.frame import PlayedWorkflow, Surroundings
from sandbox.runner.inputs import InputsRefused, bind_inputs
from sandbox.runner.journal import Journal
from sandbox.runner.play import Review, RunFacts, stand_as_it_is
from sandbox.runner.verdict import conclude_error
from sandbox.runner.verdict_crowd import conclude_crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdRun:
    """The last event, what came of the journeys, and what the caller has to raise once all is written.

    `report` is None when no journey began.
    """

    finished: RunFinished
    report: CrowdReport | None
    error: BaseException | None = None


@dataclass(slots=True)
class _Course:
    """What is known so far of one run."""

    counts: Counter[str] = field(default_factory=Counter)
    values: dict[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    failure: StepResult | None = None
    report: CrowdReport | None = None


class _Unlucky(Exception):
    """`prepare` or `closing` did not pass."""

    def __init__(self, part: str, played: PlayedWorkflow | None, reason: str = "") -> None:
        super().__init__(reason)
        self.part = part
        self.played = played


def play_crowd(
    compiled: CompiledScenario,
    wish: CrowdWish,
    *,
    facts: RunFacts,
    around: Around,
    listeners: Sequence[Listener],
    inputs: Mapping[str, Any],
    redactor: Redactor,
    review: Review = stand_as_it_is,
) -> CrowdRun:
    """Play all of it. Raises ContentError or UsageError before anything is played or told."""
    cast = cast_crowd(compiled, inputs)
    course = _Course()
    lock = threading.Lock()

    def tell(event: Event) -> None:
        with lock:
            for listener in listeners:
                listener(event)

    numbers = itertools.count(1)
    draw = numbers.__next__
    tell(_announce(compiled, facts, wish, around, redactor, inputs))
    error: BaseException | None = None
    try:
        _play(compiled, cast, wish, course, facts, around, tell, inputs, redactor, draw)
        verdict = review(_judge(compiled, course, redactor), course.failure)
    except _Unlucky as unlucky:
        course.failure = unlucky.played.failure if unlucky.played else None
        error = _find_shortage(wish, course.failure)
        verdict = review(
            _judge(compiled, course, redactor, unlucky),
            course.failure,
        )
    except RunStopped as stopped:
        verdict = conclude_error(course.failure, str(stopped), course.counts)
    except SandboxError as caught:
        error = caught
        verdict = conclude_error(course.failure, redactor.text(str(caught)), course.counts)
    except KeyboardInterrupt as caught:
        error = caught
        verdict = conclude_error(course.failure, "it was interrupted", course.counts)
    finished = RunFinished(
        run=facts.run, finished=around.clock(), verdict=verdict, outputs=redactor.value(course.outputs)
    )
    tell(finished)
    return CrowdRun(finished=finished, report=course.report, error=error)


def _announce(
    compiled: CompiledScenario,
    facts: RunFacts,
    wish: CrowdWish,
    around: Around,
    redactor: Redactor,
    inputs: Mapping[str, Any],
) -> RunStarted:
    story = compiled.scenario.story
    return RunStarted(
        run=facts.run,
        scenario=compiled.scenario.slug,
        title=story.title,
        summary=story.summary,
        sandbox=facts.sandbox,
        runtime=facts.runtime,
        population=facts.population,
        population_digest=facts.population_digest,
        started=around.clock(),
        inputs={**redactor.value(dict(inputs)), **wish.model_dump(exclude_none=True)},
    )


def _play(
    compiled: CompiledScenario,
    cast: Cast,
    wish: CrowdWish,
    course: _Course,
    facts: RunFacts,
    around: Around,
    tell: Listener,
    inputs: Mapping[str, Any],
    redactor: Redactor,
    draw: Any,
) -> None:
    policy = compiled.scenario.policy
    about = {"journeys": wish.journeys, "dirt": facts.population.dirt}
    course.values.update(about)
    with around.open_caller() as caller:

        def once(workflow: CompiledWorkflow, *sources: Mapping[str, Any]) -> PlayedWorkflow:
            return _play_once(compiled, workflow, caller, around, tell, redactor, draw, course, sources)

        if cast.prepare is not None:
            played = once(cast.prepare, policy, about, inputs)
            course.values.update(played.outputs)
        pick = course.values.get(ROUND)
        if not isinstance(pick, str):
            pick = pick_citizens(caller, wish.journeys)
            course.values[ROUND] = pick
        crowd = Crowd(
            compiled,
            cast.journey,
            wish,
            around,
            pick=pick,
            values=(policy, about, dict(course.values), inputs),
            listeners=(tell,),
            numbers=draw,
        )
        outcome = crowd.play()
        course.report = outcome.report
        course.failure = outcome.failure
        _count_journeys(course, outcome)
        if outcome.report.interrupted:
            return
        journeys = {"passed": outcome.report.passed, "unfinished": list(outcome.unfinished)}
        played = once(cast.closing, policy, about, dict(course.values), journeys, inputs)
        course.outputs, course.origins = played.outputs, played.origins


def _play_once(
    compiled: CompiledScenario,
    workflow: CompiledWorkflow,
    caller: Caller,
    around: Around,
    tell: Listener,
    redactor: Redactor,
    draw: Any,
    course: _Course,
    sources: Sequence[Mapping[str, Any]],
) -> PlayedWorkflow:
    def count(event: Event) -> None:
        if isinstance(event, StepFinished):
            course.counts[event.result.outcome.value] += 1

    flow = Flow(
        compiled.workflows,
        Journal((tell, count), redactor, draw=draw),
        Surroundings(
            caller=caller,
            clock=around.clock,
            timer=around.timer,
            sleep=around.sleep,
            should_stop=lambda: False,
            mediator_url=around.mediator_url,
            most_steps=MOST_STEPS,
        ),
    )
    try:
        bound = bind_inputs(workflow.inputs, bind_by_name(workflow, *sources))
        played = flow.play_workflow(workflow.key, bound, caller_path=())
    except InputsRefused as refused:
        raise _Unlucky(workflow.key.workflow_id, None, str(refused)) from refused
    except BaseException:
        course.failure = flow.last_failure
        raise
    if played.outcome is not Outcome.PASSED:
        raise _Unlucky(workflow.key.workflow_id, played, played.reason)
    return played


def _judge(
    compiled: CompiledScenario, course: _Course, redactor: Redactor, unlucky: _Unlucky | None = None
) -> Verdict:
    return conclude_crowd(
        compiled.scenario.findings,
        course.report,
        values={**redactor.value({**compiled.scenario.policy, **course.values})},
        outputs=redactor.value(course.outputs),
        origins=course.origins,
        steps=course.counts,
        part=unlucky.part if unlucky else "",
        failure=course.failure if unlucky else None,
        reason=str(unlucky) if unlucky else "",
    )


def _count_journeys(course: _Course, outcome: CrowdOutcome) -> None:
    for step in outcome.report.steps:
        course.counts["passed"] += step.played - step.failed
        course.counts["failed"] += step.failed
    course.counts += Counter()


def _find_shortage(wish: CrowdWish, failure: StepResult | None) -> UsageError | None:
    """Say that fewer citizens fit than journeys were asked for, when that is what ended the run."""
    call = failure.call if failure else None
    if call is None or call.operation_id != "pickCitizens" or call.status != 422:
        return None
    body = call.response.body
    detail = body.get("detail", "") if isinstance(body, Mapping) else ""
    return UsageError(
        f"--journeys {wish.journeys:,} can't be played: {str(detail).partition(';')[0] or 'nobody fits'}",
        hint="ask for fewer journeys, or for more people: --size",
    )
