"""A request and its answer as values. Nothing here is redacted: these never leave the runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, ready to send. `target` is the path behind the mediator's address, query included."""

    block: str
    operation_id: str
    method: str
    target: str
    address: str = ""
    """What of `target` names the application; a product that is called directly has no such part."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    """What the document meant, before serialisation; expressions read this."""
    content: bytes | None = None
    timeout: float | None = None
    """Seconds after which the step gives up; None leaves it to the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. `problem` says why the body could not be taken (too large, not decodable)."""

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    body: Any = None
    exchange_id: str = ""
    milliseconds: float = 0.0
    problem: str = ""
    not_applicable: str = ""
    """Why what was asked can't be done with everybody who takes part; whether it was done with the others."""
