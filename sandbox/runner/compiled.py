"""A scenario ready to play: every expression and condition parsed, every name resolved. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sandbox.calls.contracts import Contract
from sandbox.calls.criteria import Test
from sandbox.calls.expressions import Value
from sandbox.model.operation import Location, OperationDoc
from sandbox.model.scenario import Place, Scenario


@dataclass(frozen=True, slots=True)
class WorkflowKey:
    """Which workflow: ids are unique within a document only."""

    document: Path
    workflow_id: str


@dataclass(frozen=True, slots=True)
class OperationCall:
    """An operation of a block. Secret pointers lack their leading `request` or `response`."""

    doc: OperationDoc
    block: str
    secret_request: tuple[str, ...] = ()
    secret_response: tuple[str, ...] = ()
    contract: Contract | None = None
    """What its answers are held to; None when they are not."""


@dataclass(frozen=True, slots=True)
class CompiledParameter:
    """A value for an operation's parameter, or for an input of a called workflow (no location)."""

    name: str
    location: Location | None
    value: Value


@dataclass(frozen=True, slots=True)
class CompiledReplacement:
    """A place of the payload, by the unescaped keys of a pointer or by a JSONPath, and what is put there."""

    value: Value
    keys: tuple[str, ...] = ()
    path: str | None = None


@dataclass(frozen=True, slots=True)
class CompiledBody:
    """What a step sends."""

    content_type: str
    payload: Value
    replacements: tuple[CompiledReplacement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledAction:
    """What happens after a step."""

    name: str
    kind: Literal["end", "goto", "retry"]
    step_id: str | None
    workflow: WorkflowKey | None = None
    """Where a goto hands over to, or what a retry plays first."""
    parameters: tuple[CompiledParameter, ...] = ()
    retry_after: float
    retry_limit: int
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledStep:
    """One step."""

    step_id: str
    sentence: str
    place: Place
    target: OperationCall | WorkflowKey
    parameters: tuple[CompiledParameter, ...]
    body: CompiledBody | None
    tests: tuple[Test, ...]
    outputs: tuple[tuple[str, Value], ...]
    depends_on: tuple[str, ...] = ()
    timeout: float | None = None
    """Seconds that one attempt may take."""
    on_success: tuple[CompiledAction, ...]
    on_failure: tuple[CompiledAction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledWorkflow:
    """One workflow of one document."""

    key: WorkflowKey
    summary: str
    inputs: Mapping[str, Any]
    """The JSON Schema of its inputs."""
    steps: tuple[CompiledStep, ...]
    positions: Mapping[str, int]
    """Index of each step by id."""
    outputs: tuple[tuple[str, Value], ...]
    depends_on: tuple[WorkflowKey, ...] = ()
    sources: Mapping[str, str]
    """Path behind the mediator's address by source name, for `$sourceDescriptions.<name>.url`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledScenario:
    """A scenario that can be played without reading anything more."""

    scenario: Scenario
    story: WorkflowKey
    workflows: Mapping[WorkflowKey, CompiledWorkflow]
