"""The profile: what of Arazzo other runners play as we do, and where a scenario leaves it.

Scenarios and behaviours that are shipped stay within the profile, so that anybody can play them with
another runner and come to the same verdict. Everybody else's may use all that runs here: what leaves
the profile is advice to them. Pure; refuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.calls.conditions import Comparison, Condition, Constant, Joined, Not, parse_condition
from sandbox.calls.expressions import ExpressionError, Reference, unescape
from sandbox.calls.requests import is_json
from sandbox.errors import ContentError
from sandbox.model.scenario import (
    Action,
    Criterion,
    Document,
    OperationRef,
    Place,
    Replacement,
    RequestBody,
    Scenario,
    Selector,
    Step,
    Workflow,
)
from sandbox.runner.rereading import find_rereadings

_POINTER_BEHIND_INPUT = re.compile(r"\$inputs\.[\w.-]+#")
_EXPRESSION_INSIDE = re.compile(r"\{\$[^{}]+\}")
_TEXT_LITERAL = re.compile(r"'[^']*'")
Departure = tuple[Place, str, str]
"""Where, what, and what to write instead."""


def find_departures(scenario: Scenario) -> list[ContentError]:
    """Name every place that another runner plays otherwise or not at all, with file and line."""
    departures = [
        departure
        for document in scenario.documents.values()
        for departure in _of_document(document, is_story=document is scenario.story)
    ]
    return [
        ContentError(message, path=place.path, line=place.line, hint=hint)
        for place, message, hint in (*departures, *find_rereadings(scenario))
    ]


def _of_document(document: Document, *, is_story: bool) -> Iterator[Departure]:
    for position, workflow in enumerate(document.workflows.values()):
        if is_story and position:
            yield (
                workflow.place,
                "the story has a second workflow",
                "other runners play every workflow of this file; move it to a file of its own",
            )
        yield from _of_workflow(workflow)


def _of_workflow(workflow: Workflow) -> Iterator[Departure]:
    if not workflow.described:
        yield workflow.place, f"the workflow {workflow.workflow_id!r} has no summary", "write one sentence"
    if workflow.depends_on:
        yield (
            workflow.depends_place or workflow.place,
            "dependsOn is played otherwise elsewhere",
            "call the other workflow in a step, so that the reader sees it happen",
        )
    for rule in workflow.inputs.get("properties", {}).values():
        for word in (
            [key for key, value in rule.items() if value is None] if isinstance(rule, Mapping) else ()
        ):
            yield (
                workflow.place,
                f"{word!r} in the inputs is no word of JSON Schema",
                "text with a comma has quotes",
            )
    yield from _of_outputs(workflow)
    for step in workflow.steps:
        yield from _of_step(step)


def _of_outputs(owner: Workflow | Step) -> Iterator[Departure]:
    for name, value in owner.outputs.items():
        yield from _of_value(value, owner.output_places.get(name, owner.place))


def _of_step(step: Step) -> Iterator[Departure]:
    place = step.target_place or step.place
    if not step.described:
        yield step.place, f"the step {step.step_id!r} has no description", "write a sentence for an official"
    if isinstance(step.target, OperationRef):
        if step.target.written != "full":
            yield (
                place,
                f"the operation {step.target.operation_id!r} doesn't name its source",
                f"write $sourceDescriptions.{step.target.source}.{step.target.operation_id}",
            )
        if not any("$statusCode" in (one.condition + (one.context or "")) for one in step.criteria):
            yield (
                step.place,
                f"the step {step.step_id!r} has no criterion on $statusCode",
                "add '- condition: $statusCode == 200'; without one, a declared error passes elsewhere",
            )
    else:
        if step.criteria:
            yield (
                step.criteria[0].place,
                "'successCriteria' on a step that plays a workflow",
                "the step passes when the workflow passes; compare its outputs in a later step",
            )
        for action in step.on_failure:
            if action.kind == "retry":
                yield (
                    action.place,
                    f"retry ({action.name!r}) on a step that plays a workflow",
                    "put the retry on the operation inside that waits",
                )
    if step.timeout is not None:
        yield step.place, "'timeout' is kept by no other runner", "retry with 'retryAfter' and 'retryLimit'"
    if step.depends_on:
        yield step.place, "'dependsOn' on a step", "steps run in the order in which they are written"
    for parameter in step.parameters:
        yield from _of_value(parameter.value, parameter.place)
    if step.body is not None:
        yield from _of_body(step.body)
    yield from _of_outputs(step)
    for criterion in step.criteria:
        yield from _of_criterion(criterion)
    for action in step.on_success:
        yield from _of_action(action, after_failure=False)
    for action in step.on_failure:
        yield from _of_action(action, after_failure=True)


def _of_action(action: Action, *, after_failure: bool) -> Iterator[Departure]:
    if action.workflow is not None:
        yield action.place, f"{action.name!r} leads to a workflow", "call it in a step"
    elif action.kind == "goto" and after_failure:
        yield (
            action.place,
            f"{action.name!r} is a goto after a failure",
            "an expected refusal is a criterion ($statusCode == 403), then branch in onSuccess",
        )
    for criterion in action.criteria:
        yield from _of_criterion(criterion)
        if "$inputs" in criterion.condition + (criterion.context or ""):
            yield (
                criterion.place,
                f"{action.name!r} looks at $inputs, which are empty there elsewhere",
                "make it an output of the step, and look at $steps.<step>.outputs.<name>",
            )


def _of_criterion(criterion: Criterion) -> Iterator[Departure]:
    if criterion.typed:
        yield criterion.place, "a criterion type object", f"write 'type: {criterion.kind}'"
    yield from _of_value(criterion.context, criterion.place)
    if criterion.kind == "jsonpath":
        if not criterion.condition.startswith("$.."):
            yield (
                criterion.place,
                f"the JSONPath {criterion.condition!r} doesn't begin with '$..'",
                "elsewhere the body lies in a list: write $..name[?@.field == 'x']",
            )
        if _EXPRESSION_INSIDE.search(criterion.condition):
            yield (
                criterion.place,
                f"an expression inside the JSONPath {criterion.condition!r}",
                "elsewhere it has quotes of its own; compare with a literal, or in a line of its own",
            )
        return
    yield from _of_value(criterion.condition, criterion.place)
    if criterion.kind == "regex":
        if criterion.context in ("$response.body", "$request.body"):
            yield (
                criterion.place,
                f"a regex over the whole of {criterion.context}",
                "elsewhere an object has no text; point at a field: $response.body#/...",
            )
        return
    if criterion.context is not None:
        yield criterion.place, "a simple criterion has no 'context'", "say 'type: regex' or 'type: jsonpath'"
    try:
        parsed = parse_condition(criterion.condition)
    except ExpressionError:
        return  # not a matter of profile: it does not run at all
    found = _name_operator(parsed)
    if not found and "(" in _TEXT_LITERAL.sub("", criterion.condition):
        found = "( )"
    if found:
        yield (
            criterion.place,
            f"{found} in the condition {criterion.condition!r}",
            "write one comparison a line, value first; lines are joined by 'and'",
        )


def _name_operator(condition: Condition) -> str:
    match condition:
        case Joined(operator):
            return operator
        case Not():
            return "!"
        case Comparison(left, _, right):
            if isinstance(left, Constant):
                return "a literal on the left"
            sides = [side for side in (left, right) if isinstance(side, Reference)]
            if any(isinstance(part, int) for side in sides for part in side.trail):
                return "an index [i]"
            value = right.value if isinstance(right, Constant) else 0
            negative = isinstance(value, int | float) and not isinstance(value, bool) and value < 0
            return "a negative literal" if negative else ""


def _of_body(body: RequestBody) -> Iterator[Departure]:
    if not body.content_type:
        yield body.place, "the requestBody has no contentType", "add 'contentType: application/json'"
    payload = body.payload
    if payload == {}:
        yield body.place, "an empty payload", "elsewhere nothing is sent then; write a field with its default"
    if isinstance(payload, str) and not payload.startswith("$") and is_json(body.content_type or "text/json"):
        yield body.place, "the payload is JSON written as text", "write the payload as YAML"
    else:
        yield from _of_value(payload, body.place)
    for one in body.replacements:
        yield from _of_value(one.value, one.place)
        if one.kind != "jsonpointer":
            yield one.place, "a replacement at a JSONPath", "write a JSON pointer"
        elif not _is_there(one, payload):
            yield (
                one.place,
                f"the target {one.target!r} is not in the payload",
                "put a value there that will be replaced",
            )


def _is_there(one: Replacement, payload: Any) -> bool:
    found = payload
    for key in map(unescape, one.target.split("/")[1:]):
        if isinstance(found, str) and found.startswith("$"):
            return True  # what an expression will hold is known at run time only
        if isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, Mapping) and key in found:
            found = found[key]
        else:
            return False
    return True


def _of_value(value: Any, place: Place) -> Iterator[Departure]:
    if isinstance(value, Selector):
        yield value.place, "a selector object", "write an expression: $response.body#/..."
    elif isinstance(value, str):
        if _POINTER_BEHIND_INPUT.search(value):
            yield place, f"a pointer behind $inputs in {value!r}", "write $inputs.name.field"
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _of_value(item, place)
    elif isinstance(value, list):
        for item in value:
            yield from _of_value(item, place)
