"""What the listeners hear of a run, in order, numbered and free of secrets.

The only place where a run's values leave the engine; everything said passes the redactor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.calls.context import as_text, describe
from sandbox.calls.messages import Answer, Request
from sandbox.calls.redaction import Redactor
from sandbox.model.run import (
    Call,
    Check,
    Event,
    Listener,
    Message,
    Outcome,
    StepResult,
    WorkflowFinished,
    WorkflowStarted,
)
from sandbox.runner.compiled import CompiledWorkflow, OperationCall

LONGEST_SHOWN = 2_000
"""Characters of either side of a check; the whole answer stands in the call beside it."""


@dataclass(slots=True)
class Told:
    """How a workflow ended; an error until somebody says otherwise."""

    outcome: Outcome = Outcome.ERROR
    outputs: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """Tells events to the listeners and counts the steps by outcome."""

    def __init__(
        self, listeners: Sequence[Listener], redactor: Redactor, *, draw: Callable[[], int] | None = None
    ) -> None:
        """Begin; `draw` gives the steps' numbers where several journals are written at once."""
        self._listeners = tuple(listeners)
        self._draw = draw
        self.redactor = redactor
        self.numbers = 0
        self._outcomes: Counter[str] = Counter()

    @property
    def steps(self) -> dict[str, int]:
        """Steps so far, by outcome."""
        return dict(self._outcomes)

    def next_number(self) -> int:
        """Number the next step."""
        self.numbers += 1
        return self.numbers if self._draw is None else self._draw()

    def tell(self, event: Event) -> None:
        """Tell every listener."""
        for listener in self._listeners:
            listener(event)

    @contextmanager
    def telling(self, caller: tuple[str, ...], workflow: CompiledWorkflow) -> Iterator[Told]:
        """Tell that a workflow begins and, whatever happens, how it ended."""
        name = workflow.key.workflow_id
        self.tell(WorkflowStarted(path=caller, workflow_id=name, summary=workflow.summary))
        told = Told()
        try:
            yield told
        finally:
            self.tell(
                WorkflowFinished(
                    path=caller, workflow_id=name, outcome=told.outcome, outputs=self.redact(told.outputs)
                )
            )

    def count(self, result: StepResult) -> None:
        """Count a finished step."""
        self._outcomes[result.outcome.value] += 1

    def redact(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Redact named values: inputs or outputs."""
        redacted: dict[str, Any] = self.redactor.value(values)
        return redacted

    def describe_call(self, target: OperationCall, request: Request, answer: Answer) -> Call:
        """Redact one conversation, having learnt the tokens that came with it."""
        redactor = self.redactor
        redactor.learn_from(request.body, target.secret_request)
        redactor.learn_from(answer.body, target.secret_response)
        return Call(
            method=request.method,
            url=redactor.text(answer.url),
            operation_id=request.operation_id,
            block=request.block,
            request=Message(
                headers=redactor.headers(request.headers),
                body=redactor.body(request.body, target.secret_request),
            ),
            status=answer.status,
            response=Message(
                headers=redactor.headers(answer.headers),
                body=redactor.body(answer.body, target.secret_response),
            ),
            exchange_id=answer.exchange_id,
            milliseconds=answer.milliseconds,
        )

    def describe_checks(self, checks: Sequence[Check]) -> tuple[Check, ...]:
        """Redact both sides of every check."""
        return tuple(
            Check(
                condition=one.condition,
                held=one.held,
                found=_shown(self.redactor.value(one.found)),
                wanted=_shown(self.redactor.value(one.wanted)),
            )
            for one in checks
        )


def _shown(value: Any) -> Any:
    """Give a value as it is, or in words when it would fill pages (a pattern over a whole body)."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return value if len(as_text(value)) <= LONGEST_SHOWN else describe(value, limit=LONGEST_SHOWN)
