"""A run: what was played, step by step, and how it ended. Events are what listeners hear.

Shapes here are also the shapes on disk (`run.json`, `events.jsonl`) and on the live stream,
so a field may be added and none may change its meaning. Bodies and headers in them are
redacted already: the runner passes no secret to a listener.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from sandbox.model.block import Frozen
from sandbox.model.population import PopulationRef


class Outcome(StrEnum):
    """How a step, a workflow or a run ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class Check(Frozen):
    """One success criterion after its evaluation, with both values."""

    condition: str
    held: bool
    found: Any = None
    wanted: Any = None


class Message(Frozen):
    """One side of an HTTP conversation, redacted."""

    headers: dict[str, str] = {}
    body: Any = None


class Call(Frozen):
    """The request a step made and the answer it got."""

    method: str
    url: str
    operation_id: str
    block: str
    request: Message
    status: int
    response: Message
    exchange_id: str = ""
    milliseconds: float = 0.0


class StepResult(Frozen):
    """One execution of one step. `path` is the chain of workflow and step ids, outermost first."""

    number: int
    path: tuple[str, ...]
    step_id: str
    sentence: str
    source: str
    """File and line of the step in its document, `scenarios/x/scenario.arazzo.yaml:41`."""
    outcome: Outcome
    depth: int
    iteration: int
    """1 for the first time this step ran in its workflow, 2 when a loop came back to it, and so on."""
    started: datetime
    milliseconds: float
    attempts: int = 1
    call: Call | None = None
    checks: tuple[Check, ...] = ()
    outputs: dict[str, Any] = {}
    reason: str = ""
    """Why it failed or could not be told, in one sentence; empty when it passed."""
    exchanges: tuple[str, ...] = ()
    """Ids of the exchanges that this step (or, for a workflow step, its children) caused."""


class Figure(Frozen):
    """One number of the verdict and what it was counted from."""

    name: str
    label: str
    value: Any
    unit: str = ""
    exchanges: tuple[str, ...] = ()


class Verdict(Frozen):
    """The run's end in an official's words."""

    outcome: Outcome
    sentence: str
    figures: tuple[Figure, ...] = ()
    steps: dict[str, int] = {}
    """Number of steps by outcome."""


class RunStarted(Frozen):
    """The first event."""

    kind: Literal["run-started"] = "run-started"
    run: str
    scenario: str
    title: str
    summary: str
    sandbox: str
    runtime: str
    population: PopulationRef
    population_digest: str
    started: datetime
    inputs: dict[str, Any] = {}
    criteria: str = ""
    """SHA-256 of the `pilot.yaml` that was set before the run; empty when there was none."""


class WorkflowStarted(Frozen):
    """A workflow begins, called by the step at the end of `path` (empty for the story)."""

    kind: Literal["workflow-started"] = "workflow-started"
    path: tuple[str, ...]
    workflow_id: str
    summary: str


class StepStarted(Frozen):
    """A step begins."""

    kind: Literal["step-started"] = "step-started"
    number: int
    path: tuple[str, ...]
    step_id: str
    sentence: str


class StepFinished(Frozen):
    """A step has its outcome."""

    kind: Literal["step-finished"] = "step-finished"
    result: StepResult


class WorkflowFinished(Frozen):
    """A workflow has its outcome and outputs."""

    kind: Literal["workflow-finished"] = "workflow-finished"
    path: tuple[str, ...]
    workflow_id: str
    outcome: Outcome
    outputs: dict[str, Any] = {}


class RunFinished(Frozen):
    """The last event; it always comes, also after an error or Ctrl-C."""

    kind: Literal["run-finished"] = "run-finished"
    run: str
    finished: datetime
    verdict: Verdict
    outputs: dict[str, Any] = {}


Event = RunStarted | WorkflowStarted | StepStarted | StepFinished | WorkflowFinished | RunFinished
Listener = Callable[[Event], None]
"""Evidence, the live view and metrics are listeners; one must not raise."""


class LogLine(Frozen):
    """One line of the mediator's message log as it is stored; `text` is what `hash` was computed from."""

    number: int
    text: str
    hash: str


class Exchange(Frozen):
    """One line of the mediator's message log, as `GET /_sandbox/exchanges` returns it.

    `refused` says why the mediator did not forward the call; empty when it did. Bodies are
    redacted by the wiring's pointers. `hash` chains over `previous`.
    """

    id: str
    number: int
    at: datetime
    today: str
    kind: Literal["call", "callback", "public", "control"]
    client: str
    service: str
    block: str
    method: str
    path: str
    operation_id: str = ""
    summary: str = ""
    status: int
    refused: str = ""
    fault: str = ""
    milliseconds: float
    individual: str = ""
    purpose: str = ""
    legal_basis: str = ""
    retention: str = ""
    recipient: str = ""
    consent: str = ""
    fields: tuple[str, ...] = ()
    """Personal fields that were present in the bodies, by pointer."""
    request: Any = None
    response: Any = None
    correlation: str = ""
    previous: str = ""
    hash: str = ""
