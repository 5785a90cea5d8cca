"""The wiring as the mediator reads it: who offers what, who may call it, and why.

The same JSON as the orchestrator writes; an unknown key is an error, because a line that
is not understood could be one that should have refused a call.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Operation(_Frozen):
    """One operation of a service; `personal`, `secret` and `subject` are pointers into its bodies."""

    operation_id: str
    method: str
    path: str
    summary: str
    personal: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    subject: str | None = None


class Service(_Frozen):
    """An application that offers operations, and the instance that answers for it."""

    application: str
    block: str
    name: str
    operations: tuple[Operation, ...] = ()
    public: tuple[str, ...] = ()


class Client(_Frozen):
    """An application that may speak; `proof` says which secret proves it."""

    application: str
    name: str
    proof: Literal["block", "sandbox"]
    block: str | None = None


class Right(_Frozen):
    """`client` may call `operations` of `service`; with `consent`, only under a signed record of it."""

    client: str
    service: str
    operations: tuple[str, ...]
    purpose: str
    legal_basis: str
    retention: str
    recipient: str
    consent: str | None = None


class Topic(_Frozen):
    """`client` may do `acts` with these event types of a room, the application at whose address it lies."""

    client: str
    room: str
    event_types: tuple[str, ...]
    acts: tuple[Literal["manage", "publish", "subscribe"], ...]
    purpose: str
    legal_basis: str
    retention: str
    recipient: str


class Wiring(_Frozen):
    """All of it."""

    services: tuple[Service, ...] = ()
    clients: tuple[Client, ...] = ()
    rights: tuple[Right, ...] = ()
    topics: tuple[Topic, ...] = ()
