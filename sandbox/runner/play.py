"""Plays a compiled scenario from its first step to its verdict, and tells listeners on the way.

Steps run one after another. A step whose expectation is not met is a result; an answer that
never came is an error of the run. Whatever happens, the last event is RunFinished. Time,
sleeping and the conversation are passed in; nothing here touches disk or console.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.calls.client import Caller
from sandbox.calls.redaction import Redactor
from sandbox.errors import SandboxError, UsageError
from sandbox.model.population import PopulationRef
from sandbox.model.run import Listener, Outcome, RunFinished, RunStarted, StepResult, Verdict
from sandbox.runner.compiled import CompiledScenario
from sandbox.runner.flow import MOST_STEPS, Flow, RunStopped
from sandbox.runner.frame import PlayedWorkflow, Surroundings
from sandbox.runner.inputs import InputsRefused, bind_inputs
from sandbox.runner.journal import Journal
from sandbox.runner.verdict import conclude_error, conclude_failed, conclude_passed


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What the first event says of a run besides its scenario."""

    run: str
    sandbox: str
    runtime: str
    population: PopulationRef
    population_digest: str
    criteria: str = ""
    """SHA-256 of the criteria that were set before the run."""


Review = Callable[[Verdict, StepResult | None], Verdict]
"""(what the steps came to, the step to blame) -> the verdict."""


def stand_as_it_is(verdict: Verdict, failure: StepResult | None) -> Verdict:
    """Change nothing."""
    del failure
    return verdict


def bind_story_inputs(compiled: CompiledScenario, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the story's inputs: defaults, then the scenario's policy by name, then what was given.

    Raises UsageError when they are not what the story asks for.
    """
    story = compiled.workflows[compiled.story]
    known = story.inputs.get("properties", {})
    policy = {name: value for name, value in compiled.scenario.policy.items() if name in known}
    try:
        return bind_inputs(story.inputs, {**policy, **given})
    except InputsRefused as refused:
        raise UsageError(
            f"scenario {compiled.scenario.slug!r} can't start: {refused}",
            hint=f"`sandbox show {compiled.scenario.slug}` lists its inputs",
        ) from refused


def play(
    compiled: CompiledScenario,
    *,
    facts: RunFacts,
    caller: Caller,
    listeners: Sequence[Listener],
    inputs: Mapping[str, Any],
    redactor: Redactor,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    should_stop: Callable[[], bool] = lambda: False,
    timer: Callable[[], float] = time.perf_counter,
    mediator_url: str = "",
    review: Review = stand_as_it_is,
    most_steps: int = MOST_STEPS,
) -> RunFinished:
    """Play the story and give the last event.

    Args:
        inputs: Values for inputs of the story; they win over its policy and its defaults.
        redactor: Knows the sandbox's secrets already; learns tokens as they come.
        sleep: Waits between retries, in seconds.
        should_stop: Asked before each step; when true the run ends with outcome `error`.
        mediator_url: What `$sourceDescriptions.<name>.url` begins with.
        review: Has the last word on a verdict that the steps came to.

    Raises:
        UsageError: The inputs are not what the story asks for; then nothing was played or told.
        KeyboardInterrupt, or what was not foreseen: after RunFinished has been told.
    """
    bound = bind_story_inputs(compiled, inputs)
    journal = Journal(listeners, redactor)
    flow = Flow(
        compiled.workflows,
        journal,
        Surroundings(
            caller=caller,
            clock=clock,
            timer=timer,
            sleep=sleep,
            should_stop=should_stop,
            mediator_url=mediator_url,
            most_steps=most_steps,
        ),
    )
    story = compiled.scenario.story
    journal.tell(
        RunStarted(
            run=facts.run,
            scenario=compiled.scenario.slug,
            title=story.title,
            summary=story.summary,
            sandbox=facts.sandbox,
            runtime=facts.runtime,
            population=facts.population,
            population_digest=facts.population_digest,
            started=clock(),
            inputs=journal.redact(bound),
            criteria=facts.criteria,
        )
    )
    played: PlayedWorkflow | None = None
    verdict = conclude_error(None, "it ended before it began", {})
    try:
        played = flow.play_workflow(compiled.story, bound, caller_path=())
        verdict = review(_judge(compiled, bound, played, journal), played.failure)
    except RunStopped as stopped:
        verdict = conclude_error(flow.last_failure, str(stopped), journal.steps)
    except SandboxError as error:
        verdict = conclude_error(flow.last_failure, redactor.text(str(error)), journal.steps)
    except KeyboardInterrupt:
        verdict = conclude_error(flow.last_failure, "it was interrupted", journal.steps)
        raise
    except BaseException as error:
        verdict = conclude_error(flow.last_failure, f"a fault of ours: {type(error).__name__}", journal.steps)
        raise
    finally:
        finished = RunFinished(
            run=facts.run,
            finished=clock(),
            verdict=verdict,
            outputs=journal.redact(played.outputs) if played else {},
        )
        journal.tell(finished)
    return finished


def _judge(
    compiled: CompiledScenario, inputs: Mapping[str, Any], played: PlayedWorkflow, journal: Journal
) -> Verdict:
    if played.outcome is not Outcome.PASSED:
        return conclude_failed(played.failure, played.reason, journal.steps)
    return conclude_passed(
        compiled.scenario.findings,
        journal.redact(inputs),
        journal.redact(played.outputs),
        played.origins,
        journal.steps,
    )
