"""What is known while workflows play: one frame per played workflow, and how steps and workflows ended.

A called workflow sees its own steps only. For every output it is remembered which exchanges
it came from, so that a figure of the verdict can name them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.calls.client import Caller
from sandbox.calls.context import Context, WorkflowFacts
from sandbox.calls.expressions import Reference, Root
from sandbox.model.run import Call, Outcome, StepResult
from sandbox.runner.attempt import Attempt
from sandbox.runner.compiled import CompiledWorkflow, WorkflowKey

Exchanges = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the engine needs from outside."""

    caller: Caller
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    sleep: Callable[[float], None]
    should_stop: Callable[[], bool]
    mediator_url: str
    most_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedWorkflow:
    """How a workflow ended. `origins` are the exchanges behind each output; `failure` the step to blame."""

    outcome: Outcome
    outputs: Mapping[str, Any]
    origins: Mapping[str, Exchanges]
    exchanges: Exchanges
    failure: StepResult | None = None
    reason: str = ""
    handover: Handover | None = None
    """Set when a goto led to another workflow, which is played next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Where a goto leads, with the inputs that it takes along."""

    step_id: str
    key: WorkflowKey
    inputs: Mapping[str, Any]
    origins: Mapping[str, Exchanges]


@dataclass(slots=True)
class Frame:
    """What one played workflow knows so far. The engine's only state that changes while it plays."""

    workflow: CompiledWorkflow
    path: tuple[str, ...]
    inputs: Mapping[str, Any]
    input_origins: Mapping[str, Exchanges]
    sources: Mapping[str, str]
    steps: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    origins: dict[str, Mapping[str, Exchanges]] = field(default_factory=dict)
    """Exchanges behind each output, by step."""
    called: dict[str, WorkflowFacts] = field(default_factory=dict)
    called_origins: dict[str, Mapping[str, Exchanges]] = field(default_factory=dict)
    deadline: float | None = None
    """When the step that called this workflow gives up, by the timer."""
    iterations: Counter[str] = field(default_factory=Counter)
    exchanges: list[str] = field(default_factory=list)

    def context(self) -> Context:
        """Freeze what expressions may read now."""
        return Context(inputs=self.inputs, steps=self.steps, workflows=self.called, sources=self.sources)

    def remember(self, key: WorkflowKey, inputs: Mapping[str, Any], child: PlayedWorkflow) -> None:
        """Know from now on what a workflow was given and gave back."""
        self.called[key.workflow_id] = WorkflowFacts(inputs=inputs, outputs=child.outputs)
        self.called_origins[key.workflow_id] = child.origins

    def trace(self, references: Iterable[Reference], own: Mapping[str, Exchanges] | None = None) -> Exchanges:
        """Name the exchanges that the values behind these expressions came from."""
        found: dict[str, None] = {}
        for reference in references:
            match reference.root:
                case Root.INPUTS:
                    behind = self.input_origins
                case Root.STEPS:
                    behind = self.origins.get(reference.owner, {})
                case Root.WORKFLOWS:
                    behind = self.called_origins.get(reference.owner, {})
                case Root.OUTPUTS:
                    behind = own or {}
                case _:
                    behind = {}
            found.update(dict.fromkeys(behind.get(reference.choose_name(behind), ())))
        return tuple(found)


def open_frame(
    workflow: CompiledWorkflow,
    inputs: Mapping[str, Any],
    caller_path: tuple[str, ...],
    input_origins: Mapping[str, Exchanges],
    deadline: float | None,
    address: str,
) -> Frame:
    """Begin what a workflow knows: its inputs, and where its sources are behind the mediator's address."""
    frame = Frame(
        workflow=workflow,
        path=(*caller_path, workflow.key.workflow_id),
        inputs=inputs,
        input_origins=input_origins,
        sources={name: address + path for name, path in workflow.sources.items()},
        deadline=deadline,
    )
    frame.called[workflow.key.workflow_id] = WorkflowFacts(inputs=inputs, outputs={})
    return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One execution of one step, before anything is redacted."""

    attempt: Attempt
    calls: int = 1
    call: Call | None = None
    exchanges: Exchanges = ()
    origins: dict[str, Exchanges] = field(default_factory=dict)
    failure: StepResult | None = None
    """The step inside a called workflow that is to blame."""
