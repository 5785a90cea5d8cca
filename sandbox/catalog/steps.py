"""Reads the steps of a workflow, with everything a step inherits merged in.

Whether workflows of other documents exist is looked at when all documents are known (`links`).
Conditions and expressions stay text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.catalog import keys
from sandbox.catalog.actions import ActionReader, merge_actions, read_criteria
from sandbox.catalog.bodies import read_body
from sandbox.catalog.components import Components
from sandbox.catalog.cursor import Cursor
from sandbox.catalog.selectors import read_selector, read_value
from sandbox.catalog.targets import NAMES, Targets
from sandbox.model.scenario import Action, Parameter, Place, Selector, Step, WorkflowRef

LOCATIONS = ("path", "query", "header", "cookie")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What a workflow gives to each of its steps."""

    parameters: tuple[Parameter, ...]
    on_success: tuple[Action, ...]
    on_failure: tuple[Action, ...]


class StepReader:
    """Reads the steps of one document."""

    def __init__(self, components: Components, targets: Targets) -> None:
        self._components = components
        self._targets = targets
        self._actions = ActionReader(components, targets.workflow, self._given)

    def check_components(self) -> None:
        """Read every reusable part, also those that nothing asks for; the first that is wrong is raised."""
        for entry in self._components.entries("parameters"):
            _parameter(entry, entry)
        for entry in self._components.entries("successActions"):
            self._actions.success(entry, entry)
        for entry in self._components.entries("failureActions"):
            self._actions.failure(entry, entry)

    def workflow(self, cursor: Cursor) -> WorkflowRef:
        """Read the name of a workflow."""
        return self._targets.workflow(cursor)

    def inherited(self, workflow: Cursor) -> Inherited:
        """Read the parameters and actions that stand on the workflow itself."""
        return Inherited(
            parameters=tuple(self._parameters(workflow, nested=False)),
            on_success=tuple(self._actions.successes(workflow, "successActions")),
            on_failure=tuple(self._actions.failures(workflow, "failureActions")),
        )

    def step(self, step: Cursor, inherited: Inherited) -> Step:
        """Read one step."""
        keys.expect_keys(step, keys.STEP)
        step_id = step.need("stepId").text(keys.NAME)
        target = self._targets.of_step(step)
        nested = isinstance(target, WorkflowRef)
        if nested and step.has("requestBody"):
            raise step.at("requestBody").error(
                "'requestBody' on a step that plays a workflow is not run here",
                hint="hand inputs down as parameters",
            )
        own = tuple(self._parameters(step, nested=nested))
        return Step(
            step_id=step_id,
            sentence=step.optional_text("description") or step_id,
            described=step.has("description"),
            target=target,
            parameters=own if nested else _merge_parameters(own, inherited.parameters),
            body=read_body(step) if step.has("requestBody") else None,
            criteria=tuple(read_criteria(step, "successCriteria")),
            outputs=read_outputs(step),
            depends_on=tuple(_prerequisite(entry) for entry in step.distinct("dependsOn", least=1)),
            timeout=_timeout(step),
            on_success=merge_actions(self._actions.successes(step, "onSuccess"), inherited.on_success),
            on_failure=merge_actions(self._actions.failures(step, "onFailure"), inherited.on_failure),
            place=step.place,
            target_place=next(step.at(name).place for name in NAMES if step.has(name)),
            output_places=output_places(step),
        )

    def _given(self, action: Cursor) -> tuple[Parameter, ...]:
        return tuple(self._parameters(action, nested=True))

    def _parameters(self, owner: Cursor, *, nested: bool) -> Iterator[Parameter]:
        seen: set[tuple[str, str | None]] = set()
        for entry in owner.distinct("parameters"):
            entry.mapping()
            found = _parameter(entry, self._components.follow(entry, "parameters"))
            if nested and found.location is not None:
                raise entry.error(
                    f"{found.name!r} has 'in', but this step plays a workflow", hint="drop 'in'"
                )
            if not nested and found.location is None:
                raise entry.error(
                    f"the parameter {found.name!r} is in None, wanted one of: {', '.join(LOCATIONS)}"
                )
            if (found.name, found.location) in seen:
                raise entry.error(f"the parameter {found.name!r} is given twice")
            seen.add((found.name, found.location))
            yield found


def output_places(owner: Cursor) -> Mapping[str, Place]:
    """Say where each output of a step or a workflow stands."""
    if not owner.has("outputs"):
        return {}
    return {name: entry.place for name, entry in owner.at("outputs").entries()}


def read_outputs(owner: Cursor) -> Mapping[str, str | Selector]:
    """Read the outputs of a step or a workflow: name -> expression as text, or a selector."""
    if not owner.has("outputs"):
        return {}
    outputs: dict[str, str | Selector] = {}
    for name, entry in owner.at("outputs").entries():
        if not keys.OUTPUT_NAME.fullmatch(name):
            raise entry.error(f"the output name {name!r} has signs other than letters, digits, '.', '-', '_'")
        if isinstance(entry.value, dict):
            if not keys.is_1_1(entry):
                raise entry.error(
                    f"the output {name!r} is a selector, which is of Arazzo 1.1", hint="write arazzo: 1.1.0"
                )
            outputs[name] = read_selector(entry)
        elif not entry.text().startswith("$"):
            raise entry.error(
                f"the output {name!r} is {entry.value!r}, wanted: an expression that begins with '$'"
            )
        else:
            outputs[name] = entry.text()
    return outputs


def _prerequisite(entry: Cursor) -> str:
    if entry.text().startswith("$"):
        raise entry.error(
            f"dependsOn {entry.value!r} is not run here: steps of other workflows are not waited for",
            hint="name a step of this workflow, or make the workflow depend on the other one",
        )
    return entry.text(keys.NAME)


def _timeout(step: Cursor) -> float | None:
    if not step.has("timeout"):
        return None
    limit = step.at("timeout").number()
    if limit != int(limit) or limit == 0:
        raise step.at("timeout").error(f"timeout is {limit}, wanted: whole milliseconds, from 1 on")
    return limit / 1000


def _parameter(entry: Cursor, meant: Cursor) -> Parameter:
    """Read one; `entry` is where it is asked for, `meant` where it is written."""
    keys.expect_keys(meant, keys.PARAMETER)
    name = meant.need("name").text()
    location: Any = meant.at("in").text() if meant.has("in") else None
    if location in ("querystring", "channel") and keys.is_1_1(meant):
        raise meant.at("in").error(
            f"'in: {location}' is not run here", hint=f"wanted one of: {', '.join(LOCATIONS)}"
        )
    if location is not None and location not in LOCATIONS:
        found = "has no 'in'" if location is None else f"is in {location!r}"
        raise entry.error(f"the parameter {name!r} {found}, wanted one of: {', '.join(LOCATIONS)}")
    stated = read_value(meant.need("value"))
    value = entry.at("value").value if entry is not meant and entry.has("value") else stated
    return Parameter(name=name, location=location, value=value, place=entry.place)


def _merge_parameters(own: Sequence[Parameter], inherited: Sequence[Parameter]) -> tuple[Parameter, ...]:
    # Header names are the same whatever their case; the step's own word wins.
    def key(parameter: Parameter) -> tuple[str, str | None]:
        name = parameter.name.lower() if parameter.location == "header" else parameter.name
        return name, parameter.location

    taken = {key(parameter) for parameter in own}
    return (*(parameter for parameter in inherited if key(parameter) not in taken), *own)
