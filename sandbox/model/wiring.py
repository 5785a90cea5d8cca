"""Wiring: which application offers which service, who may call it, and why.

One JSON document, computed before anything starts, stored by the information
mediator and kept with the evidence. Nothing in it is secret.
"""

from __future__ import annotations

from typing import Literal

from sandbox.model.block import Frozen

INSTANCE = "SBX"
"""The X-Road instance every sandbox is: addresses read `SBX/<class>/<member>/<application>`."""
EXPLORER = f"{INSTANCE}/GOV/SANDBOX/explorer"
"""Who calls by hand: everything in a sandbox without a scenario, the controls alone in one with."""


def application_of(slug: str) -> str:
    """Give the address of a block, or of the controls."""
    return f"{INSTANCE}/GOV/CENTRAL/{slug}"


CONTROLS_SERVICE = application_of("sandbox")


class Operation(Frozen):
    """One operation of a service, as the mediator needs it to recognise, redact and inventory.

    `personal`, `secret` and `subject` are JSON pointers into the bodies. A pointer
    begins with `request` or `response`, and `*` stands for every item of a list or every
    value of a map: `response/citizens/*/name`. A parameter is a pointer as well, by its
    location: `path/individualId`, `query/individualId`.
    """

    operation_id: str
    method: str
    path: str
    summary: str
    personal: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    subject: str | None = None


class Service(Frozen):
    """An application that offers operations, and the instance that answers for it."""

    application: str
    """Whole address, `SBX/GOV/CENTRAL/payments`."""
    block: str
    name: str
    operations: tuple[Operation, ...]
    public: tuple[str, ...] = ()


class Client(Frozen):
    """An application that only calls. `proof` says which secret proves it."""

    application: str
    name: str
    proof: Literal["block", "sandbox"]
    block: str | None = None


class Right(Frozen):
    """One line of the rights: `client` may call `operations` of `service`. Default is deny."""

    client: str
    service: str
    operations: tuple[str, ...]
    purpose: str
    legal_basis: str
    retention: str
    recipient: str
    consent: str | None = None
    """Data agreement without whose signed record the mediator refuses the call."""


class Topic(Frozen):
    """One line about events: what `client` may do with event types of a room. Default is deny.

    A room lies at an application's address; the information mediator's own if there is no reason for another.
    """

    client: str
    room: str
    event_types: tuple[str, ...]
    acts: tuple[Literal["manage", "publish", "subscribe"], ...]
    purpose: str
    legal_basis: str
    retention: str
    recipient: str


class Wiring(Frozen):
    """All of it."""

    services: tuple[Service, ...]
    clients: tuple[Client, ...]
    rights: tuple[Right, ...]
    topics: tuple[Topic, ...] = ()
