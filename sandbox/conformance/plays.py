"""Plays a block's behaviours with the scenarios' own engine: with known values, and with drawn ones.

A play with known values tells what a product shows to who brings what everybody knows. Only plays with
drawn values count. Traces of these are laid side by side by `agreement`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.calls.client import Caller
from sandbox.calls.redaction import Redactor
from sandbox.conformance.seeds import derive, draw_inputs
from sandbox.conformance.values import Finding, Part, Play
from sandbox.model.population import PopulationRef
from sandbox.model.run import Event, Outcome, RunFinished, StepFinished, StepResult
from sandbox.runner.compiled import CompiledScenario
from sandbox.runner.play import RunFacts, play

KNOWN = "known"
DRAWS = 3
NOBODY = PopulationRef(size=1)
"""A product that stands alone has no citizens of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One behaviour with the values it will be played with."""

    compiled: CompiledScenario
    values: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One play: its summary, every step as it went, and the values that were drawn, by input."""

    play: Play
    steps: tuple[StepResult, ...]
    drawn: Mapping[str, Any]


def plan_plays(
    behaviours: Sequence[CompiledScenario], seed: int, known: Mapping[str, Any]
) -> tuple[Planned, ...]:
    """Plan each behaviour once with known values and three times with drawn ones, in a drawn order.

    `known` replaces the defaults: what the product's maker was told. A name that no behaviour has is
    ignored here.
    """
    planned: list[Planned] = []
    for compiled in behaviours:
        workflow = compiled.workflows[compiled.story]
        names = workflow.inputs.get("properties", {})
        told = {name: value for name, value in known.items() if name in names}
        planned.append(Planned(compiled=compiled, values=KNOWN, inputs=told))
        place = next(iter(compiled.scenario.story.workflows.values())).place
        for number in range(1, DRAWS + 1):
            rng = derive(seed, f"values/{compiled.scenario.slug}/{number}")
            inputs = draw_inputs(workflow.inputs, rng, place)
            planned.append(Planned(compiled=compiled, values=f"drawn {number}", inputs=inputs))
    derive(seed, "order").shuffle(planned)
    return tuple(planned)


def count_calls(planned: Sequence[Planned]) -> int:
    """How many calls the plays are about to make, for spreading other traffic among them."""
    return sum(len(one.compiled.workflows[one.compiled.story].steps) for one in planned)


def play_one(
    planned: Planned,
    caller: Caller,
    redactor: Redactor,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Played:
    """Play one behaviour to its end; an answer that never came ends it as an error."""
    steps: list[StepResult] = []

    def hear(event: Event) -> None:
        if isinstance(event, StepFinished):
            steps.append(event.result)

    scenario = planned.compiled.scenario
    finished = play(
        planned.compiled,
        facts=RunFacts(
            run=f"{scenario.slug}, {planned.values}",
            sandbox="",
            runtime="",
            population=NOBODY,
            population_digest="",
        ),
        caller=caller,
        listeners=[hear],
        inputs=planned.inputs,
        redactor=redactor,
        clock=clock,
        sleep=sleep,
    )
    return Played(play=_summarise(planned, finished, steps), steps=tuple(steps), drawn=planned.inputs)


def find_faults(played: Played) -> list[Finding]:
    """Say at which step a play left the behaviour; nothing when it held."""
    if played.play.outcome is Outcome.PASSED:
        return []
    step = _to_blame(played.steps)
    return [
        Finding(
            part=Part.BEHAVIOUR,
            check=f"{played.play.behaviour}/{played.play.failed_step}",
            operation_id=played.play.failed_operation,
            sentence=played.play.sentence,
            reason=played.play.reason,
            place=step.source if step else "",
            on_known_values=not played.play.drawn,
            call=step.call if step else None,
        )
    ]


def _summarise(planned: Planned, finished: RunFinished, steps: Sequence[StepResult]) -> Play:
    scenario = planned.compiled.scenario
    blamed = None if finished.verdict.outcome is Outcome.PASSED else _to_blame(steps)
    return Play(
        behaviour=scenario.slug,
        title=scenario.story.title,
        values=planned.values,
        outcome=finished.verdict.outcome,
        steps=len(steps),
        failed_step=blamed.step_id if blamed else "",
        failed_operation=_operation_of(planned, blamed) if blamed else "",
        sentence=blamed.sentence if blamed else "",
        reason=(blamed.reason if blamed else "")
        or ("" if finished.verdict.outcome is Outcome.PASSED else finished.verdict.sentence),
    )


def _operation_of(planned: Planned, step: StepResult) -> str:
    """Name the step's operation, also when no answer came and nothing was recorded of the call."""
    if step.call:
        return step.call.operation_id
    targets = {one.step_id: one.target for one in planned.compiled.workflows[planned.compiled.story].steps}
    target = targets.get(step.step_id)
    doc = getattr(target, "doc", None)
    return doc.operation_id if doc is not None else ""


def _to_blame(steps: Sequence[StepResult]) -> StepResult | None:
    return next((step for step in reversed(steps) if step.outcome in (Outcome.FAILED, Outcome.ERROR)), None)
