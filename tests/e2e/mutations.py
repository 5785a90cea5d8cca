"""A scenario with one thing changed, to see that its verdict depends on it; and which steps failed then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sandbox.model.run import Event, Outcome, StepFinished
from sandbox.model.scenario import Document, Scenario, Step
from tests.e2e.conftest import Stage


def passes(stage: Stage) -> dict[str, Any]:
    """Play a scenario as shipped; every figure of its verdict is told, each from exchanges."""
    finished, heard = stage.play(stage.scenario)
    assert finished.verdict.outcome is Outcome.PASSED, finished.verdict.sentence
    assert steps_that_failed(heard) == []
    assert [figure.name for figure in finished.verdict.figures if not figure.exchanges] == []
    return {figure.name: figure.value for figure in finished.verdict.figures}


def many_pass(stage: Stage) -> None:
    """Play the journeys of four citizens, two at a time, and the closing; its figures have their units."""
    played = stage.crowd(journeys=4, concurrency=2)
    assert played.finished.verdict.outcome is Outcome.PASSED, played.finished.verdict.sentence
    assert played.report is not None
    assert (played.report.passed, played.report.asked) == (4, 4)
    assert [figure.unit for figure in played.finished.verdict.figures if "{" in figure.unit] == []


def fails_at(stage: Stage, changed: Scenario, step_id: str) -> None:
    """Play a scenario with something changed, which that step notices first."""
    finished, heard = stage.play(changed)
    assert finished.verdict.outcome is Outcome.FAILED
    assert steps_that_failed(heard)[0] == step_id


def without_step(scenario: Scenario, file: str, step_id: str) -> Scenario:
    """Take one step out of one document."""
    return _with_steps(
        scenario, file, step_id, lambda steps: [step for step in steps if step.step_id != step_id]
    )


def with_parameter(scenario: Scenario, file: str, step_id: str, name: str, value: Any) -> Scenario:
    """Give a parameter of one step another value."""

    def changed(step: Step) -> Step:
        parameters = tuple(
            replace(each, value=value) if each.name == name else each for each in step.parameters
        )
        return replace(step, parameters=parameters) if step.step_id == step_id else step

    return _with_steps(scenario, file, step_id, lambda steps: [changed(step) for step in steps])


def steps_that_failed(heard: Iterable[Event]) -> list[str]:
    """Name the steps that failed, the innermost first."""
    return [
        event.result.step_id
        for event in heard
        if isinstance(event, StepFinished) and event.result.outcome is Outcome.FAILED
    ]


def _with_steps(
    scenario: Scenario, file: str, step_id: str, change: Callable[[Sequence[Step]], Iterable[Step]]
) -> Scenario:
    def changed(document: Document) -> Document:
        workflows = {
            name: replace(workflow, steps=tuple(change(workflow.steps)))
            for name, workflow in document.workflows.items()
        }
        return replace(document, workflows=workflows)

    documents = {
        path: changed(document) if path.name == file else document
        for path, document in scenario.documents.items()
    }
    assert documents != dict(scenario.documents), f"nothing changed at {step_id!r} of {file}"
    return replace(scenario, documents=documents, story=documents[scenario.story.path])
