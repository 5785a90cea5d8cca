"""What a block's `openapi.yaml` says, as values: enough to build a request and to judge an answer.

Schemas stay JSON Schema as written, with their local `$ref`s; `Interface.resolve` follows
one of them. Nothing here knows where a block is reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sandbox.model.wiring import Operation

Location = Literal["path", "query", "header", "cookie"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDoc:
    """One declared parameter of an operation."""

    name: str
    location: Location
    required: bool
    schema: Mapping[str, Any] = field(default_factory=dict)
    style: str = ""
    """OpenAPI's serialisation style; empty means the location's own default."""
    explode: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDoc:
    """One operation as its contract describes it."""

    operation_id: str
    method: str
    """In capitals."""
    path: str
    """Template as written, `/batches/{batchId}`."""
    summary: str
    source: str
    """`x-source`: the published file it was curated from, or `own`."""
    parameters: tuple[ParameterDoc, ...] = ()
    body_required: bool = False
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Schema of the request's body by media type, in the order of the document; empty: no body."""
    answers: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    """Schema of the answer's body by status (`200`, `4XX`) and media type."""

    @property
    def statuses(self) -> tuple[str, ...]:
        """Every declared status, as written."""
        return tuple(self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One curated `openapi.yaml`: of a building block, or of the controls (slug `sandbox`)."""

    slug: str
    path: Path
    title: str
    operations: Mapping[str, Operation]
    """By operationId, as the mediator needs them."""
    docs: Mapping[str, OperationDoc]
    """By operationId, as a caller needs them."""
    openapi: Mapping[str, Any]
    """The whole document, for `$ref`s and for comparing it with what a block serves."""

    def resolve(self, reference: str) -> Any:
        """Give what a local reference (`#/components/schemas/Batch`) points to; KeyError when nothing."""
        return follow(self.openapi, reference)


def follow(document: Any, reference: str) -> Any:
    """Give what a local reference points to in a document; KeyError or IndexError when nothing."""
    found = document
    for part in reference.removeprefix("#/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found
