"""Reads the steps of a workflow, with everything a step inherits merged in.

Operations and workflows of other documents are taken by name here; whether they exist is
looked at when all documents are known (`links`). Conditions and expressions stay text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.catalog import profile
from sandbox.catalog.actions import (
    merge_actions,
    read_criteria,
    read_failure_actions,
    read_success_actions,
)
from sandbox.catalog.components import Components
from sandbox.catalog.cursor import Cursor
from sandbox.catalog.validate import nearest
from sandbox.model.scenario import (
    Action,
    OperationRef,
    Parameter,
    Place,
    Replacement,
    RequestBody,
    Step,
    WorkflowRef,
)

LOCATIONS = ("path", "query", "header", "cookie")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What a workflow gives to each of its steps."""

    parameters: tuple[Parameter, ...]
    on_success: tuple[Action, ...]
    on_failure: tuple[Action, ...]


def read_inherited(workflow: Cursor, components: Components) -> Inherited:
    """Read the parameters and actions that stand on the workflow itself."""
    return Inherited(
        parameters=tuple(_parameters(workflow, components, nested=False)),
        on_success=tuple(read_success_actions(workflow, "successActions", components)),
        on_failure=tuple(read_failure_actions(workflow, "failureActions", components)),
    )


def read_step(step: Cursor, components: Components, inherited: Inherited, sources: Sequence[str]) -> Step:
    """Read one step; `sources` are the names of the document's sources."""
    step.expect_keys(*profile.STEP)
    step_id = step.need("stepId").text(profile.NAME)
    target = _target(step, sources)
    nested = isinstance(target, WorkflowRef)
    criteria = tuple(read_criteria(step, "successCriteria"))
    if nested:
        _refuse_beside_workflow(step)
    elif not any("$statusCode" in (entry.condition + (entry.context or "")) for entry in criteria):
        raise step.error(
            f"the step {step_id!r} has no criterion on $statusCode",
            hint="add '- condition: $statusCode == 200'; without one, a declared error passes elsewhere",
        )
    own = tuple(_parameters(step, components, nested=nested))
    failure = merge_actions(read_failure_actions(step, "onFailure", components), inherited.on_failure)
    if nested:
        _refuse_retry(step, failure)
    return Step(
        step_id=step_id,
        sentence=step.need("description").text(),
        target=target,
        parameters=own if nested else _merge_parameters(own, inherited.parameters),
        body=_body(step) if step.has("requestBody") else None,
        criteria=criteria,
        outputs=read_outputs(step),
        on_success=merge_actions(read_success_actions(step, "onSuccess", components), inherited.on_success),
        on_failure=failure,
        place=step.place,
        target_place=step.at("workflowId" if nested else "operationId").place,
        output_places=output_places(step),
    )


def output_places(owner: Cursor) -> Mapping[str, Place]:
    """Say where each output of a step or a workflow stands."""
    if not owner.has("outputs"):
        return {}
    return {name: entry.place for name, entry in owner.at("outputs").entries()}


def read_outputs(owner: Cursor) -> Mapping[str, str]:
    """Read the outputs of a step or a workflow: name -> expression as text."""
    if not owner.has("outputs"):
        return {}
    outputs: dict[str, str] = {}
    for name, entry in owner.at("outputs").entries():
        if not profile.OUTPUT_NAME.fullmatch(name):
            raise entry.error(f"the output name {name!r} has signs other than letters, digits, '.', '-', '_'")
        if isinstance(entry.value, dict):
            raise entry.error(
                f"the output {name!r} is a selector, which is not run here",
                hint="write an expression: $response.body#/...",
            )
        if not entry.text().startswith("$"):
            raise entry.error(
                f"the output {name!r} is {entry.value!r}, wanted: an expression that begins with '$'"
            )
        outputs[name] = entry.text()
    return outputs


def _target(step: Cursor, sources: Sequence[str]) -> OperationRef | WorkflowRef:
    if step.has("operationId") == step.has("workflowId"):
        raise step.error("a step needs either 'operationId' or 'workflowId'")
    if step.has("operationId"):
        operation = step.at("operationId")
        match = profile.SOURCE_REFERENCE.fullmatch(operation.text())
        if match is None:
            raise operation.error(
                f"the operationId {operation.value!r} doesn't name its source",
                hint="write $sourceDescriptions.<source>.<operationId>",
            )
        _check_source(operation, match[1], sources)
        return OperationRef(source=match[1], operation_id=match[2])
    workflow = step.at("workflowId")
    match = profile.SOURCE_REFERENCE.fullmatch(workflow.text())
    if match is None:
        return WorkflowRef(source=None, workflow_id=workflow.text(profile.NAME))
    _check_source(workflow, match[1], sources)
    return WorkflowRef(source=match[1], workflow_id=match[2])


def _check_source(cursor: Cursor, name: str, sources: Sequence[str]) -> None:
    if name not in sources:
        raise cursor.error(f"no source is called {name!r}", hint=nearest(name, sources))


def _refuse_beside_workflow(step: Cursor) -> None:
    reasons = {
        "requestBody": "hand inputs down as parameters",
        "successCriteria": "the step passes when the workflow passes; compare its outputs in a later step",
    }
    for key, reason in reasons.items():
        if step.has(key):
            raise step.at(key).error(f"{key!r} on a step that plays a workflow is not run here", hint=reason)


def _refuse_retry(step: Cursor, actions: Sequence[Action]) -> None:
    for action in actions:
        if action.kind == "retry":
            raise step.error(
                f"retry ({action.name!r}) on a step that plays a workflow is not run here",
                hint="put the retry on the operation inside that waits",
            )


def _parameters(owner: Cursor, components: Components, *, nested: bool) -> Iterator[Parameter]:
    seen: set[tuple[str, str | None]] = set()
    for entry in owner.each("parameters"):
        entry.mapping()
        meant = components.follow(entry, "parameters")
        meant.expect_keys(*profile.PARAMETER)
        name = meant.need("name").text()
        location: Any = meant.at("in").text() if meant.has("in") else None
        if nested and location is not None:
            raise entry.error(f"{name!r} has 'in', but this step plays a workflow", hint="drop 'in'")
        if not nested and location not in LOCATIONS:
            raise entry.error(
                f"the parameter {name!r} is in {location!r}, wanted one of: {', '.join(LOCATIONS)}"
            )
        if (name, location) in seen:
            raise entry.error(f"the parameter {name!r} is given twice")
        seen.add((name, location))
        value = entry.at("value").value if entry.has("value") else meant.need("value").value
        yield Parameter(name=name, location=location, value=value, place=entry.place)


def _merge_parameters(own: Sequence[Parameter], inherited: Sequence[Parameter]) -> tuple[Parameter, ...]:
    # Header names are the same whatever their case; the step's own word wins.
    def key(parameter: Parameter) -> tuple[str, str | None]:
        name = parameter.name.lower() if parameter.location == "header" else parameter.name
        return name, parameter.location

    taken = {key(parameter) for parameter in own}
    return (*(parameter for parameter in inherited if key(parameter) not in taken), *own)


def _body(step: Cursor) -> RequestBody:
    body = step.at("requestBody")
    body.expect_keys(*profile.BODY)
    content_type = body.need("contentType").text()
    payload = body.need("payload")
    is_json = content_type.split(";")[0].strip().endswith("json")
    if is_json and isinstance(payload.value, str) and not payload.value.startswith("$"):
        raise payload.error("JSON written as text is not run here", hint="write the payload as YAML")
    return RequestBody(
        content_type=content_type,
        payload=payload.value,
        replacements=tuple(_replacement(entry, payload) for entry in body.each("replacements")),
        place=body.place,
    )


def _replacement(entry: Cursor, payload: Cursor) -> Replacement:
    entry.expect_keys(*profile.REPLACEMENT)
    target = entry.need("target")
    text = target.text()
    if not text.startswith("/"):
        raise target.error(f"the target is {text!r}, wanted: a JSON pointer that begins with '/'")
    found = payload.value
    for word in text[1:].split("/"):
        key = word.replace("~1", "/").replace("~0", "~")
        if isinstance(found, str) and found.startswith("$"):
            break  # what an expression will hold is known at run time only
        if isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, dict) and key in found:
            found = found[key]
        else:
            raise target.error(
                f"the target {text!r} is not in the payload", hint="put a value there that will be replaced"
            )
    return Replacement(target=text, value=entry.need("value").value, place=entry.place)
