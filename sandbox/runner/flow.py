"""The course of workflows: steps in order, goto, end, retry, called workflows, and who is told.

Decides what is played next and nothing else: one attempt at an operation is `attempt`, what
is known so far is `frame`, what may be said is `journal`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox.calls.context import Context, ReachesNothing, WorkflowFacts, evaluate
from sandbox.calls.expressions import Reference, Value, references_in
from sandbox.model.run import (
    Outcome,
    StepFinished,
    StepResult,
    StepStarted,
    WorkflowFinished,
    WorkflowStarted,
)
from sandbox.runner.attempt import Attempt, attempt_operation, evaluate_tests, judge_step, resolve_outputs
from sandbox.runner.compiled import CompiledAction, CompiledStep, CompiledWorkflow, OperationCall, WorkflowKey
from sandbox.runner.frame import Exchanges, Frame, Played, PlayedWorkflow, Surroundings
from sandbox.runner.inputs import InputsRefused, bind_inputs
from sandbox.runner.journal import Journal

MOST_STEPS = 100_000
LONGEST_RETRY_AFTER = 60.0
"""Seconds an answer's Retry-After may ask for; a scenario's own `retryAfter` may be longer."""


class RunStopped(Exception):
    """The run was asked to stop, or went on for too long."""


class Flow:
    """Plays workflows; one per run."""

    def __init__(
        self, workflows: Mapping[WorkflowKey, CompiledWorkflow], journal: Journal, around: Surroundings
    ) -> None:
        self._workflows = workflows
        self._journal = journal
        self._around = around
        self.last_failure: StepResult | None = None
        """The step that was under way when the run broke off."""

    def play_workflow(
        self,
        key: WorkflowKey,
        inputs: Mapping[str, Any],
        *,
        caller_path: tuple[str, ...],
        input_origins: Mapping[str, Exchanges] | None = None,
    ) -> PlayedWorkflow:
        """Play one workflow whose inputs are bound, from its first step to its end."""
        workflow = self._workflows[key]
        frame = Frame(
            workflow=workflow,
            path=(*caller_path, key.workflow_id),
            inputs=inputs,
            input_origins=input_origins or {},
            sources={name: self._around.mediator_url + path for name, path in workflow.sources.items()},
        )
        self._journal.tell(
            WorkflowStarted(path=caller_path, workflow_id=key.workflow_id, summary=workflow.summary)
        )
        played: PlayedWorkflow | None = None
        try:
            played = self._play_steps(frame)
        finally:
            self._journal.tell(
                WorkflowFinished(
                    path=caller_path,
                    workflow_id=key.workflow_id,
                    outcome=played.outcome if played else Outcome.ERROR,
                    outputs=self._journal.redact(played.outputs) if played else {},
                )
            )
        return played

    def _play_steps(self, frame: Frame) -> PlayedWorkflow:
        steps = frame.workflow.steps
        index = 0
        while index < len(steps):
            step = steps[index]
            result, attempt, blamed = self._play_step(frame, step)
            if result.outcome is Outcome.PASSED:
                action = _choose(step.on_success, attempt.context)
            else:
                action = _choose([one for one in step.on_failure if one.kind != "retry"], attempt.context)
                if action is None or action.kind == "end":
                    return PlayedWorkflow(
                        outcome=Outcome.FAILED,
                        outputs={},
                        origins={},
                        exchanges=tuple(frame.exchanges),
                        failure=blamed,
                        reason=blamed.reason,
                    )
            if action is not None and action.kind == "end":
                break
            goes_on = action is None or action.step_id is None
            index = index + 1 if goes_on else frame.workflow.positions[str(action and action.step_id)]
        outputs = resolve_outputs(frame.workflow.outputs, frame.context())
        return PlayedWorkflow(
            outcome=Outcome.PASSED,
            outputs=outputs,
            origins={name: frame.trace([ref]) for name, ref in frame.workflow.outputs if name in outputs},
            exchanges=tuple(frame.exchanges),
        )

    def _play_step(self, frame: Frame, step: CompiledStep) -> tuple[StepResult, Attempt, StepResult]:
        """Play one step with its retries; give its result, its last attempt and the step to blame."""
        self._refuse_to_go_on()
        number = self._journal.next_number()
        frame.iterations[step.step_id] += 1
        # Outputs of an earlier round must not pass for this round's.
        frame.steps.pop(step.step_id, None)
        frame.origins.pop(step.step_id, None)
        path = (*frame.path, step.step_id)
        started, began = self._around.clock(), self._around.timer()
        self._journal.tell(
            StepStarted(number=number, path=path, step_id=step.step_id, sentence=step.sentence)
        )

        def finish(outcome: Outcome, reason: str, played: Played | None) -> StepResult:
            result = StepResult(
                number=number,
                path=path,
                step_id=step.step_id,
                sentence=step.sentence,
                source=str(step.place),
                outcome=outcome,
                depth=len(frame.path) // 2,
                iteration=frame.iterations[step.step_id],
                started=started,
                milliseconds=round((self._around.timer() - began) * 1000, 3),
                attempts=played.calls if played else 1,
                call=played.call if played else None,
                checks=self._journal.describe_checks(played.attempt.checks) if played else (),
                outputs=self._journal.redact(played.attempt.outputs) if played else {},
                reason=self._journal.redactor.text(reason),
                exchanges=played.exchanges if played else (),
            )
            self._journal.count(result)
            self._journal.tell(StepFinished(result=result))
            return result

        try:
            played = self._play_attempts(frame, step, path)
        except BaseException as error:
            result = finish(Outcome.ERROR, str(error) or "interrupted", None)
            self.last_failure = self.last_failure or result
            raise
        frame.exchanges.extend(played.exchanges)
        if played.attempt.reason:
            result = finish(Outcome.FAILED, played.attempt.reason, played)
            return result, played.attempt, played.failure or result
        frame.steps[step.step_id] = played.attempt.outputs
        frame.origins[step.step_id] = played.origins
        result = finish(Outcome.PASSED, "", played)
        return result, played.attempt, result

    def _play_attempts(self, frame: Frame, step: CompiledStep, path: tuple[str, ...]) -> Played:
        retries: Counter[str] = Counter()
        exchanges: list[str] = []
        while True:
            played = self._play_once(frame, step, path)
            exchanges += played.exchanges
            played = replace(played, calls=retries.total() + 1, exchanges=tuple(exchanges))
            if not played.attempt.reason:
                return played
            # An exhausted retry makes room for the failure actions behind it.
            left = [
                one for one in step.on_failure if one.kind != "retry" or retries[one.name] < one.retry_limit
            ]
            action = _choose(left, played.attempt.context)
            if action is None or action.kind != "retry":
                return played
            retries[action.name] += 1
            self._wait(action, played.attempt)
            if action.step_id is not None:
                first = frame.workflow.steps[frame.workflow.positions[action.step_id]]
                result, _, _ = self._play_step(frame, first)
                if result.outcome is not Outcome.PASSED:
                    return played

    def _play_once(self, frame: Frame, step: CompiledStep, path: tuple[str, ...]) -> Played:
        if isinstance(step.target, WorkflowKey):
            return self._call_workflow(frame, step, step.target, path)
        return self._call_operation(frame, step, step.target)

    def _call_operation(self, frame: Frame, step: CompiledStep, target: OperationCall) -> Played:
        attempt = attempt_operation(step, target, frame.context(), self._around.caller)
        if attempt.request is None or attempt.answer is None:
            return Played(attempt=attempt)
        exchanges = (attempt.answer.exchange_id,) if attempt.answer.exchange_id else ()
        # What was sent in the body was counted over as well: a tally's sum comes from the list it was given.
        fed = frame.trace(_references_of_body(step))
        origins = {
            name: _united(fed, exchanges, frame.trace([reference])) for name, reference in step.outputs
        }
        call = self._journal.describe_call(target, attempt.request, attempt.answer)
        return Played(attempt=attempt, call=call, exchanges=exchanges, origins=origins)

    def _call_workflow(
        self, frame: Frame, step: CompiledStep, key: WorkflowKey, path: tuple[str, ...]
    ) -> Played:
        context = frame.context()
        given = [one for one in step.parameters if one.location is None]
        try:
            values = {one.name: evaluate(one.value, context) for one in given}
            bound = bind_inputs(self._workflows[key].inputs, values)
        except (ReachesNothing, InputsRefused) as refused:
            return Played(attempt=Attempt(context=context, reason=str(refused)))
        child = self.play_workflow(
            key,
            bound,
            caller_path=path,
            input_origins={one.name: frame.trace(references_in(one.value)) for one in given},
        )
        frame.called[key.workflow_id] = WorkflowFacts(inputs=bound, outputs=child.outputs)
        frame.called_origins[key.workflow_id] = child.origins
        after = replace(frame.context(), outputs=child.outputs)
        if child.outcome is not Outcome.PASSED:
            blamed = child.failure
            what = (
                f"step {blamed.number}, “{blamed.sentence.rstrip('.')}”, failed" if blamed else child.reason
            )
            return Played(
                attempt=Attempt(context=after, reason=what), exchanges=child.exchanges, failure=blamed
            )
        origins = {name: frame.trace([reference], child.origins) for name, reference in step.outputs}
        return Played(attempt=judge_step(step, after), exchanges=child.exchanges, origins=origins)

    def _refuse_to_go_on(self) -> None:
        if self._around.should_stop():
            raise RunStopped("it was asked to stop")
        if self._journal.numbers >= self._around.most_steps:
            raise RunStopped(f"it went on for more than {self._around.most_steps:,} steps")

    def _wait(self, action: CompiledAction, attempt: Attempt) -> None:
        seconds = action.retry_after
        asked = attempt.answer.headers.get("retry-after", "") if attempt.answer else ""
        if asked:
            seconds = self._read_retry_after(asked, seconds)
        if seconds > 0:
            self._around.sleep(seconds)
        self._refuse_to_go_on()

    def _read_retry_after(self, text: str, otherwise: float) -> float:
        """Read seconds or an HTTP date; Arazzo lets the answer overrule the document."""
        if text.isascii() and text.isdecimal():
            return min(float(text[:9]), LONGEST_RETRY_AFTER)
        with suppress(ValueError, TypeError):
            until = parsedate_to_datetime(text)
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            return min(max((until - self._around.clock()).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
        return otherwise


def _choose(actions: Sequence[CompiledAction], context: Context) -> CompiledAction | None:
    """Give the first action whose criteria all hold."""
    return next(
        (one for one in actions if all(test.held for test in evaluate_tests(one.tests, context))), None
    )


def _references_of_body(step: CompiledStep) -> Iterable[Reference]:
    values: list[Value] = []
    if step.body is not None:
        values = [step.body.payload, *(value for _, value in step.body.replacements)]
    return [reference for value in values for reference in references_in(value)]


def _united(*parts: Exchanges) -> Exchanges:
    return tuple(dict.fromkeys(one for part in parts for one in part))
