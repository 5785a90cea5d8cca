"""The course of workflows: steps in order, goto, end, retry, called workflows, and who is told.

Decides what is played next and nothing else: one attempt at an operation is `attempt`, what
is known so far is `frame`, what may be said is `journal`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.calls.context import Context, ReachesNothing, WorkflowFacts
from sandbox.calls.expressions import references_in
from sandbox.model.run import (
    Outcome,
    StepFinished,
    StepResult,
    StepStarted,
)
from sandbox.runner.attempt import Attempt, attempt_operation, judge_step, resolve_outputs
from sandbox.runner.compiled import (
    CompiledAction,
    CompiledStep,
    CompiledWorkflow,
    OperationCall,
    WorkflowKey,
)
from sandbox.runner.decisions import (
    choose,
    failed,
    given,
    hand_over,
    read_retry_after,
    references_of_body,
    united,
)
from sandbox.runner.frame import Exchanges, Frame, Played, PlayedWorkflow, Surroundings, open_frame
from sandbox.runner.inputs import InputsRefused, bind_inputs
from sandbox.runner.journal import Journal

MOST_STEPS = 100_000


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
        self._finished: dict[WorkflowKey, tuple[WorkflowFacts, Mapping[str, Exchanges]]] = {}
        """What every workflow that has passed in this run was given and gave back, the last time."""
        self.last_failure: StepResult | None = None
        """The step that was under way when the run broke off."""

    def play_workflow(
        self,
        key: WorkflowKey,
        inputs: Mapping[str, Any],
        *,
        caller_path: tuple[str, ...],
        input_origins: Mapping[str, Exchanges] | None = None,
        deadline: float | None = None,
    ) -> PlayedWorkflow:
        """Play one workflow whose inputs are bound, and those it hands over to, to the end."""
        frame = open_frame(
            self._workflows[key],
            inputs,
            caller_path,
            input_origins or {},
            deadline,
            self._around.mediator_url,
        )
        with self._journal.telling(frame.path[:-1], frame.workflow) as told:
            played = self._play_frame(frame)
            while played.handover is not None:
                # However often workflows hand over to each other, nothing waits behind them.
                after = played.handover
                path = (*frame.path, after.step_id)
                other = open_frame(
                    self._workflows[after.key],
                    after.inputs,
                    path,
                    after.origins,
                    deadline,
                    self._around.mediator_url,
                )
                with self._journal.telling(path, other.workflow) as told_of_other:
                    played = self._play_frame(other)
                    told_of_other.outcome, told_of_other.outputs = played.outcome, played.outputs
                frame.exchanges.extend(other.exchanges)
                frame.remember(after.key, after.inputs, played)
            played = self._conclude(frame, played)
            told.outcome, told.outputs = played.outcome, played.outputs
        return played

    def _play_frame(self, frame: Frame) -> PlayedWorkflow:
        return self._play_prerequisites(frame) or self._conclude(frame, self._play_steps(frame))

    def _conclude(self, frame: Frame, played: PlayedWorkflow) -> PlayedWorkflow:
        """Give a workflow its own outputs, from all that it knows by now."""
        if played.outcome is not Outcome.PASSED:
            return replace(played, outputs={}, origins={}, exchanges=tuple(frame.exchanges))
        outputs = resolve_outputs(frame.workflow.outputs, frame.context())
        origins = {
            name: frame.trace(references_in(value))
            for name, value in frame.workflow.outputs
            if name in outputs
        }
        ended = replace(played, outputs=outputs, origins=origins, exchanges=tuple(frame.exchanges))
        if ended.handover is None:
            facts = WorkflowFacts(inputs=frame.inputs, outputs=outputs)
            self._finished[frame.workflow.key] = (facts, origins)
        return ended

    def _play_prerequisites(self, frame: Frame) -> PlayedWorkflow | None:
        """Play what the workflow depends on and has not passed in this run; give the failure, if one."""
        for key in frame.workflow.depends_on:
            if key not in self._finished:
                try:
                    bound = bind_inputs(self._workflows[key].inputs, {})
                except InputsRefused as refused:
                    return failed(frame, f"workflow {key.workflow_id!r}, on which it depends: {refused}")
                path = (*frame.path, "depends-on")
                child = self.play_workflow(key, bound, caller_path=path, deadline=frame.deadline)
                frame.exchanges.extend(child.exchanges)
                if child.outcome is not Outcome.PASSED:
                    return replace(child, exchanges=tuple(frame.exchanges))
            facts, origins = self._finished[key]
            frame.called[key.workflow_id] = facts
            frame.called_origins[key.workflow_id] = origins
        return None

    def _play_steps(self, frame: Frame) -> PlayedWorkflow:
        steps = frame.workflow.steps
        passed = PlayedWorkflow(outcome=Outcome.PASSED, outputs={}, origins={}, exchanges=())
        index = 0
        while index < len(steps):
            step = steps[index]
            result, attempt, blamed = self._play_step(frame, step)
            if result.outcome in (Outcome.PASSED, Outcome.SKIPPED):
                action = choose(step.on_success, attempt.context)
            else:
                action = choose([one for one in step.on_failure if one.kind != "retry"], attempt.context)
                if action is None or action.kind == "end":
                    return failed(frame, blamed.reason, blamed)
            if action is None:
                index += 1
            elif action.kind == "end":
                break
            elif action.workflow is not None:
                try:
                    handover = hand_over(
                        frame, step.step_id, action, self._workflows[action.workflow], attempt.context
                    )
                except (ReachesNothing, InputsRefused) as refused:
                    return failed(frame, f"{action.name!r} can't hand over: {refused}", result)
                return replace(passed, handover=handover)
            else:
                index = frame.workflow.positions[str(action.step_id)]
        return passed

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
        unmet = played.attempt.not_applicable
        result = finish(Outcome.SKIPPED if unmet else Outcome.PASSED, unmet, played)
        return result, played.attempt, result

    def _play_attempts(self, frame: Frame, step: CompiledStep, path: tuple[str, ...]) -> Played:
        unmet = next((one for one in step.depends_on if one not in frame.steps), None)
        if unmet is not None:
            reason = f"it depends on the step {unmet!r}, which has not finished"
            return Played(attempt=Attempt(context=frame.context(), reason=reason))
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
            action = choose(left, played.attempt.context)
            if action is None or action.kind != "retry":
                return played
            retries[action.name] += 1
            self._wait(action, played.attempt)
            if not self._play_first(frame, action, played.attempt.context, path):
                return played

    def _play_first(
        self, frame: Frame, action: CompiledAction, context: Context, path: tuple[str, ...]
    ) -> bool:
        """Play the step or the workflow that a retry names before it tries again; say whether it passed."""
        if action.workflow is not None:
            try:
                values, origins = given(frame, action.parameters, context)
            except ReachesNothing:
                return False
            first = self._play_called(frame, action.workflow, values, origins, path, frame.deadline)
            frame.exchanges.extend(first.exchanges)
            return first.outcome is Outcome.PASSED
        if action.step_id is None:
            return True
        step = frame.workflow.steps[frame.workflow.positions[action.step_id]]
        result, _, _ = self._play_step(frame, step)
        return result.outcome is Outcome.PASSED

    def _deadline(self, frame: Frame, step: CompiledStep) -> float | None:
        own = None if step.timeout is None else self._around.timer() + step.timeout
        return min((one for one in (own, frame.deadline) if one is not None), default=None)

    def _play_once(self, frame: Frame, step: CompiledStep, path: tuple[str, ...]) -> Played:
        if isinstance(step.target, WorkflowKey):
            return self._call_workflow(frame, step, step.target, path)
        return self._call_operation(frame, step, step.target)

    def _call_operation(self, frame: Frame, step: CompiledStep, target: OperationCall) -> Played:
        deadline = self._deadline(frame, step)
        left = None if deadline is None else deadline - self._around.timer()
        if left is not None and left <= 0:
            reason = "no time is left of what the calling step allows"
            return Played(attempt=Attempt(context=frame.context(), reason=reason))
        attempt = attempt_operation(step, target, frame.context(), self._around.caller, timeout=left)
        if attempt.request is None or attempt.answer is None:
            return Played(attempt=attempt)
        exchanges = (attempt.answer.exchange_id,) if attempt.answer.exchange_id else ()
        origins: dict[str, Exchanges] = {}
        if step.outputs:
            # What was sent was counted over as well: a tally's sum comes from the list it was given.
            fed = frame.trace(references_of_body(step))
            origins = {
                name: united(fed, exchanges, frame.trace(references_in(value)))
                for name, value in step.outputs
            }
        call = self._journal.describe_call(target, attempt.request, attempt.answer)
        return Played(attempt=attempt, call=call, exchanges=exchanges, origins=origins)

    def _call_workflow(
        self, frame: Frame, step: CompiledStep, key: WorkflowKey, path: tuple[str, ...]
    ) -> Played:
        context = frame.context()
        try:
            values, origins = given(frame, step.parameters, context)
        except ReachesNothing as nothing:
            return Played(attempt=Attempt(context=context, reason=str(nothing)))
        child = self._play_called(frame, key, values, origins, path, self._deadline(frame, step))
        after = replace(frame.context(), outputs=child.outputs)
        if child.outcome is not Outcome.PASSED:
            blamed = child.failure
            what = (
                f"step {blamed.number}, “{blamed.sentence.rstrip('.')}”, failed" if blamed else child.reason
            )
            return Played(
                attempt=Attempt(context=after, reason=what), exchanges=child.exchanges, failure=blamed
            )
        traced = {name: frame.trace(references_in(value), child.origins) for name, value in step.outputs}
        return Played(attempt=judge_step(step, after), exchanges=child.exchanges, origins=traced)

    def _play_called(
        self,
        frame: Frame,
        key: WorkflowKey,
        values: Mapping[str, Any],
        origins: Mapping[str, Exchanges],
        path: tuple[str, ...],
        deadline: float | None,
    ) -> PlayedWorkflow:
        """Play a workflow for a step or a retry and remember what it gave; refused inputs are a failure."""
        try:
            bound = bind_inputs(self._workflows[key].inputs, values)
        except InputsRefused as refused:
            return failed(frame, str(refused), exchanges=())
        child = self.play_workflow(key, bound, caller_path=path, input_origins=origins, deadline=deadline)
        frame.remember(key, bound, child)
        return child

    def _refuse_to_go_on(self) -> None:
        if self._around.should_stop():
            raise RunStopped("it was asked to stop")
        if self._journal.numbers >= self._around.most_steps:
            raise RunStopped(f"it went on for more than {self._around.most_steps:,} steps")

    def _wait(self, action: CompiledAction, attempt: Attempt) -> None:
        seconds = action.retry_after
        asked = attempt.answer.headers.get("retry-after", "") if attempt.answer else ""
        if asked:
            seconds = read_retry_after(asked, seconds, self._around.clock())
        if seconds > 0:
            self._around.sleep(seconds)
        self._refuse_to_go_on()
