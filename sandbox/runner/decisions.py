"""Decisions within a workflow, functions of what is known: which action, what inputs, how long to wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox.calls.context import Context, evaluate
from sandbox.calls.expressions import Reference, Value, references_in
from sandbox.model.run import Outcome, StepResult
from sandbox.runner.attempt import evaluate_tests
from sandbox.runner.compiled import CompiledAction, CompiledParameter, CompiledStep, CompiledWorkflow
from sandbox.runner.frame import Exchanges, Frame, Handover, PlayedWorkflow
from sandbox.runner.inputs import bind_inputs

LONGEST_RETRY_AFTER = 60.0
"""Seconds an answer's Retry-After may ask for; a scenario's own `retryAfter` may be longer."""


def read_retry_after(text: str, otherwise: float, now: datetime) -> float:
    """Read seconds or an HTTP date; Arazzo lets the answer overrule the document."""
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), LONGEST_RETRY_AFTER)
    with suppress(ValueError, TypeError):
        until = parsedate_to_datetime(text)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max((until - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
    return otherwise


def given(
    frame: Frame, parameters: Sequence[CompiledParameter], context: Context
) -> tuple[dict[str, Any], dict[str, Exchanges]]:
    """Evaluate the inputs that are handed to a workflow, and trace where they come from."""
    inputs = [one for one in parameters if one.location is None]
    values = {one.name: evaluate(one.value, context) for one in inputs}
    return values, {one.name: frame.trace(references_in(one.value)) for one in inputs}


def failed(
    frame: Frame, reason: str, failure: StepResult | None = None, exchanges: Exchanges | None = None
) -> PlayedWorkflow:
    """Give a workflow that ended in failure; `failure` is the step to blame."""
    return PlayedWorkflow(
        outcome=Outcome.FAILED,
        outputs={},
        origins={},
        exchanges=tuple(frame.exchanges) if exchanges is None else exchanges,
        failure=failure,
        reason=reason,
    )


def hand_over(
    frame: Frame, step_id: str, action: CompiledAction, workflow: CompiledWorkflow, context: Context
) -> Handover:
    """Give where a goto leads; ReachesNothing or InputsRefused when it can't take along what is asked."""
    values, origins = given(frame, action.parameters, context)
    bound = bind_inputs(workflow.inputs, values)
    return Handover(step_id=step_id, key=workflow.key, inputs=bound, origins=origins)


def choose(actions: Sequence[CompiledAction], context: Context) -> CompiledAction | None:
    """Give the first action whose criteria all hold."""
    return next(
        (one for one in actions if all(test.held for test in evaluate_tests(one.tests, context))), None
    )


def references_of_body(step: CompiledStep) -> Iterable[Reference]:
    """Yield every expression in what a step sends."""
    values: list[Value] = []
    if step.body is not None:
        values = [step.body.payload, *(one.value for one in step.body.replacements)]
    return [reference for value in values for reference in references_in(value)]


def united(*parts: Exchanges) -> Exchanges:
    """Join lists of exchanges, each named once."""
    return tuple(dict.fromkeys(one for part in parts for one in part))
