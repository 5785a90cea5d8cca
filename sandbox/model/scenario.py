"""A scenario as values: Arazzo documents after reading, references to components resolved.

Expressions and conditions are still text here; the runner parses every one of them by a
grammar before the first call. `Place` travels with each part so that an error can name
file and line. Format: https://spec.openapis.org/arazzo/latest.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

JOURNEY = "journey.arazzo.yaml"
"""Of a scenario that is played for many citizens: workflow `journey`, and `prepare` if one is needed."""
CLOSING = "closing.arazzo.yaml"
"""Of such a scenario: workflow `closing`, played once when all journeys have ended."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a path relative to the content root, and a line counted from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One of `sourceDescriptions`: the block's `openapi.yaml`, or another Arazzo document."""

    name: str
    kind: Literal["openapi", "arazzo"]
    path: Path
    block: str | None
    """Slug of the block whose file it is; `sandbox` for the controls; None for Arazzo documents."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Arazzo 1.1: takes from what `context` points at that which `selector` selects."""

    context: str
    selector: str
    kind: Literal["jsonpath", "jsonpointer"]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value for an operation's parameter (`location` set) or a nested workflow's input (None)."""

    name: str
    location: Literal["path", "query", "header", "cookie"] | None
    value: Any
    """As written, or a Selector."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Puts `value` at `target` of the payload: one place by JSON pointer, or all that a JSONPath selects."""

    target: str
    value: Any
    """As written, or a Selector."""
    kind: Literal["jsonpath", "jsonpointer"] = "jsonpointer"
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBody:
    """What a step sends."""

    content_type: str
    """Empty when the document leaves it to the contract."""
    payload: Any
    replacements: tuple[Replacement, ...] = ()
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One assertion over an answer."""

    condition: str
    kind: Literal["simple", "regex", "jsonpath"]
    context: str | None
    typed: bool = False
    """Whether the document writes the type as an object of type and version."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRef:
    """A workflow of this document (`source` None) or of a source of type arazzo."""

    source: str | None
    workflow_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What happens after a step: end, go to a step or a workflow, or (after a failure) try again."""

    name: str
    kind: Literal["end", "goto", "retry"]
    step_id: str | None = None
    workflow: WorkflowRef | None = None
    """Where a goto hands over to, or what a retry plays first."""
    parameters: tuple[Parameter, ...] = ()
    """Inputs of that workflow."""
    retry_after: float = 0.0
    """Seconds."""
    retry_limit: int = 1
    criteria: tuple[Criterion, ...] = ()
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRef:
    """An operation of a source; `written` tells whether the document named it so, alone, or by its path."""

    source: str
    operation_id: str
    written: Literal["full", "bare", "path"] = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; workflow-level parameters are merged in already, the step's own win."""

    step_id: str
    sentence: str
    """The description, written for an official; the id when there is none."""
    described: bool = True
    target: OperationRef | WorkflowRef
    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    criteria: tuple[Criterion, ...] = ()
    outputs: Mapping[str, str | Selector] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    """Steps of this workflow that must have passed before this one may begin."""
    timeout: float | None = None
    """Seconds that one attempt may take."""
    on_success: tuple[Action, ...] = ()
    on_failure: tuple[Action, ...] = ()
    place: Place
    target_place: Place | None = None
    output_places: Mapping[str, Place] = field(default_factory=dict)
    """Where each output stands; what is missing stands where the step does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A sequence of steps with inputs (a JSON Schema of type object) and outputs."""

    workflow_id: str
    summary: str
    inputs: Mapping[str, Any]
    steps: tuple[Step, ...]
    outputs: Mapping[str, str | Selector] = field(default_factory=dict)
    depends_on: tuple[WorkflowRef, ...] = ()
    """Workflows that must have passed before this one may begin; they are played when they have not."""
    depends_place: Place | None = None
    described: bool = True
    """Whether the document has a summary; else it is the id."""
    place: Place
    output_places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One Arazzo file."""

    path: Path
    title: str
    summary: str
    version: str = "1.0.1"
    sources: Mapping[str, Source]
    workflows: Mapping[str, Workflow]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSpec:
    """One figure of `findings.yaml`: which output of the story it shows; `{name}` may stand in its unit."""

    output: str
    label: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`findings.yaml`: how the verdict reads. `{name}` stands for an output or input of the story."""

    passed: str
    figures: tuple[FigureSpec, ...] = ()
    limits: tuple[str, ...] = ()
    """What a run of this scenario can't tell, one sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A folder `scenarios/<slug>/`, read and resolved."""

    slug: str
    folder: Path
    story: Document
    documents: Mapping[Path, Document]
    """Every document reachable from the story, by absolute path, the story included."""
    blocks: tuple[str, ...]
    """Blocks named by the sources, closed over `requires`, sorted; the mediator always among them."""
    policy: Mapping[str, Any]
    findings: Findings
