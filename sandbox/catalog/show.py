"""A scenario as an official reads it: who does what with which block, and what is checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sandbox.model.scenario import Document, OperationRef, Scenario, Step, Workflow
from sandbox.model.wiring import Wiring

MOST_ROWS = 5_000
"""Workflows that play workflows multiply; nobody reads further than this."""

CLIENT_HEADER = "information-mediator-client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step; a step that plays a workflow comes before that workflow's own steps."""

    number: str
    """`3`, and `3.1` for the first step of the workflow that step 3 plays."""
    depth: int
    sentence: str
    actor: str
    """Who calls: the name that the wiring gives the client; empty for a step that plays a workflow."""
    block: str
    operation: str
    checks: tuple[str, ...]
    back_to: str = ""
    """The step it goes back to as long as there is more to do; empty when it goes on."""


def show_scenario(scenario: Scenario, wiring: Wiring | None = None) -> tuple[Row, ...]:
    """List the steps of the story and of the workflows it plays, in the order of the documents."""
    names = {client.application: client.name for client in wiring.clients} if wiring else {}
    story = next(iter(scenario.story.workflows.values()))
    return tuple(islice(_rows(scenario, scenario.story, story, (), names), MOST_ROWS))


def _rows(
    scenario: Scenario,
    document: Document,
    workflow: Workflow,
    above: tuple[int, ...],
    names: dict[str, str],
) -> Iterator[Row]:
    for position, step in enumerate(workflow.steps, start=1):
        number = (*above, position)
        target = step.target
        block = document.sources[target.source].block if isinstance(target, OperationRef) else None
        yield Row(
            number=".".join(map(str, number)),
            depth=len(above),
            sentence=step.sentence,
            actor=_actor(step, names),
            block=block or "",
            operation=target.operation_id if isinstance(target, OperationRef) else "",
            checks=tuple(_checks(step)),
            back_to=_back_to(step, workflow, above),
        )
        if not isinstance(target, OperationRef):
            owner = document
            if target.source is not None:
                owner = scenario.documents[document.sources[target.source].path]
            yield from _rows(scenario, owner, owner.workflows[target.workflow_id], number, names)


def _actor(step: Step, names: dict[str, str]) -> str:
    for parameter in step.parameters:
        if parameter.location == "header" and parameter.name.lower() == CLIENT_HEADER:
            address = str(parameter.value)
            return names.get(address, address.rsplit("/", 1)[-1])
    return ""


def _back_to(step: Step, workflow: Workflow, above: tuple[int, ...]) -> str:
    positions = {each.step_id: position for position, each in enumerate(workflow.steps, start=1)}
    for action in step.on_success:
        if (
            action.kind == "goto"
            and positions.get(action.step_id or "", len(positions) + 1) <= positions[step.step_id]
        ):
            return ".".join(map(str, (*above, positions[action.step_id or ""])))
    return ""


def _checks(step: Step) -> Iterator[str]:
    for criterion in step.criteria:
        if criterion.kind == "simple":
            yield criterion.condition
        else:
            verb = "fits" if criterion.kind == "regex" else "has"
            yield f"{criterion.context} {verb} {criterion.condition}"
