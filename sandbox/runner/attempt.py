"""One attempt at one operation: values in, request out, answer judged. Knows no workflow flow.

Nothing here decides what happens next; a refused value, a pointer that reaches nothing and
an unmet criterion all end as a reason, because each is a finding. Only an answer that never
came (BlockUnreachable) is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.calls.client import Caller
from sandbox.calls.context import Context, ReachesNothing, evaluate
from sandbox.calls.criteria import Test, check
from sandbox.calls.expressions import Value
from sandbox.calls.jsonpath import PathNotFollowed, find_nodes
from sandbox.calls.messages import Answer, Request
from sandbox.calls.requests import Argument, CannotSend, build_request
from sandbox.model.run import Check
from sandbox.runner.compiled import CompiledBody, CompiledReplacement, CompiledStep, OperationCall
from sandbox.runner.verdict import explain_check


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one attempt went; passed when `reason` is empty, unless it is not applicable."""

    context: Context
    request: Request | None = None
    answer: Answer | None = None
    checks: tuple[Check, ...] = ()
    outputs: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    not_applicable: str = ""


def attempt_operation(
    step: CompiledStep,
    target: OperationCall,
    context: Context,
    caller: Caller,
    *,
    timeout: float | None = None,
) -> Attempt:
    """Call an operation once and judge its answer; `timeout` seconds are left for it."""
    try:
        request = _request(step, target, context)
        if timeout is not None:
            request = replace(request, timeout=timeout)
        answer = caller.call(request)
    except (ReachesNothing, CannotSend) as error:
        return Attempt(context=context, reason=str(error))
    after = replace(context, request=request, answer=answer)
    judged = judge_step(step, after)
    if answer.not_applicable:
        return replace(
            judged, request=request, answer=answer, checks=(), reason="", not_applicable=answer.not_applicable
        )
    if answer.problem:
        judged = replace(judged, reason=answer.problem)
    elif not step.tests and answer.status >= 400:
        # A step that states no expectation expects at least not to be refused.
        judged = replace(judged, reason=f"the answer was {answer.status}")
    if not judged.reason and target.contract is not None:
        judged = replace(judged, reason=target.contract.find_fault(target.doc, answer))
    return replace(judged, request=request, answer=answer)


def judge_step(step: CompiledStep, context: Context) -> Attempt:
    """Evaluate criteria and outputs of a step whose call or workflow is done."""
    checks = evaluate_tests(step.tests, context)
    failed = next((one for one in checks if not one.held), None)
    if failed is not None:
        return Attempt(context=context, checks=checks, reason=explain_check(failed))
    try:
        outputs = {name: evaluate(value, context) for name, value in step.outputs}
    except ReachesNothing as nothing:
        return Attempt(context=context, checks=checks, reason=str(nothing))
    return Attempt(context=context, checks=checks, outputs=outputs)


def evaluate_tests(tests: Sequence[Test], context: Context) -> tuple[Check, ...]:
    """Evaluate every criterion, also those behind a failed one: a reader wants to see them all."""
    return tuple(check(test, context) for test in tests)


def resolve_outputs(outputs: Sequence[tuple[str, Value]], context: Context) -> dict[str, Any]:
    """Give a workflow's outputs; one that reaches nothing because its branch was not taken is left out."""
    found = {}
    for name, value in outputs:
        try:
            found[name] = evaluate(value, context)
        except ReachesNothing:
            continue
    return found


def _request(step: CompiledStep, target: OperationCall, context: Context) -> Request:
    arguments = [
        Argument(one.name, one.location, evaluate(one.value, context))
        for one in step.parameters
        if one.location is not None
    ]
    if step.body is None:
        return build_request(target.doc, target.block, arguments)
    return build_request(
        target.doc,
        target.block,
        arguments,
        content_type=step.body.content_type,
        payload=_payload(step.body, context),
        has_body=True,
    )


def _payload(body: CompiledBody, context: Context) -> Any:
    payload = evaluate(body.payload, context)
    for one in body.replacements:
        value = evaluate(one.value, context)
        for keys in _places(one, payload):
            payload = _replace_at(payload, keys, value)
    return payload


def _places(one: CompiledReplacement, payload: Any) -> Sequence[tuple[str, ...]]:
    if one.path is None:
        return [one.keys]
    try:
        found = [tuple(str(key) for key in location) for location, _ in find_nodes(one.path, payload)]
    except PathNotFollowed as error:
        raise CannotSend(str(error)) from error
    if not found:
        raise CannotSend(f"{one.path} selects nothing of the payload to replace")
    return found


def _replace_at(value: Any, keys: tuple[str, ...], new: Any) -> Any:
    """Give a copy with `new` in one place; what the payload shares with earlier answers stays as it was.

    As with JSON Patch's `add`: a key that an object lacks is added, `-` is the place behind a list's end.
    """
    if not keys:
        return new
    key, rest = keys[0], keys[1:]
    if isinstance(value, dict) and (key in value or not rest):
        return {**value, key: _replace_at(value.get(key), rest, new)}
    if isinstance(value, list):
        if key == "-" and not rest:
            return [*value, new]
        if key.isascii() and key.isdecimal() and int(key[:9]) < len(value):
            index = int(key[:9])
            return [*value[:index], _replace_at(value[index], rest, new), *value[index + 1 :]]
    raise CannotSend(f"the payload has no {key!r} to replace")
