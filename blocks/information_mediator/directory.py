"""Finds services, operations and rights. What is not found is not allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from blocks.information_mediator.redaction import Pointers
from blocks.information_mediator.settings import CONTROLS, SLUG
from blocks.information_mediator.wiring import Client, Operation, Right, Service, Topic, Wiring

Act = Literal["manage", "publish", "subscribe"]


@dataclass(frozen=True, slots=True)
class Found:
    """The operation that a request means, and the values in its path."""

    operation: Operation
    values: Mapping[str, str]
    pointers: Pointers


@dataclass(frozen=True, slots=True)
class Listed:
    """A service that is known and that nobody here answers for."""

    application: str
    service_id: str
    instance_id: str
    service_code: str


ITSELF = Listed(f"SBX/GOV/CENTRAL/{SLUG}", SLUG, "SBX", SLUG)
"""All that a mediator can list which stands alone and was told of nobody; a sandbox has its wiring."""


@dataclass(frozen=True, slots=True)
class _Template:
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    operation: Operation
    pointers: Pointers


class Directory:
    """The wiring, indexed for the hot path; replaced as a whole when the wiring is read again."""

    def __init__(self, wiring: Wiring, listed: Sequence[Listed] = ()) -> None:
        self.wiring = wiring
        self.listed = listed
        self._services = {service.application: service for service in wiring.services}
        self._blocks = {service.block: service for service in wiring.services}
        self._clients = {client.application: client for client in wiring.clients}
        self._templates = {service.application: _compile(service.operations) for service in wiring.services}
        self._rights: dict[tuple[str, str], list[Right]] = {}
        for right in wiring.rights:
            self._rights.setdefault((right.client, right.service), []).append(right)

    def is_empty(self) -> bool:
        """Whether it names nobody at all."""
        return self.wiring == Wiring() and not self.listed

    def service(self, application: str) -> Service | None:
        """Give the service at an address."""
        return self._services.get(application)

    def service_of(self, block: str) -> Service | None:
        """Give the service that a block answers for."""
        return self._blocks.get(block)

    def client(self, application: str) -> Client | None:
        """Give the client at an address."""
        return self._clients.get(application)

    def outside_client(self) -> str:
        """Give the one application outside that callbacks are for; empty when there are several or none.

        Who may only steer the sandbox awaits nobody's answer.
        """
        asking = {
            right.client
            for right in self.wiring.rights
            if (service := self._services.get(right.service)) and service.block != CONTROLS
        }
        outside = [
            client.application
            for client in self.wiring.clients
            if client.proof == "sandbox" and client.application in asking
        ]
        return outside[0] if len(outside) == 1 else ""

    def find(self, service: Service, method: str, path: str) -> Found | None:
        """Give the operation that serves a decoded path; a literal segment wins over a parameter."""
        for template in self._templates[service.application]:
            if template.operation.method == method and (match := template.pattern.fullmatch(path)):
                values = dict(zip(template.names, match.groups(), strict=True))
                return Found(template.operation, values, template.pointers)
        return None

    def methods(self, service: Service, path: str) -> list[str]:
        """List the methods that a path has, for `Allow`."""
        return sorted(
            {
                template.operation.method
                for template in self._templates[service.application]
                if template.pattern.fullmatch(path)
            }
        )

    def right(self, client: str, service: str, operation_id: str) -> Right | None:
        """Give the line that allows a call.

        One that names the operation goes before `*`; of several, one that asks for consent goes first, so
        that a line added elsewhere can't quietly open what another guards.
        """
        lines = self._rights.get((client, service), ())
        named = [right for right in lines if operation_id in right.operations]
        fitting = named or [right for right in lines if "*" in right.operations]
        return next((right for right in fitting if right.consent), fitting[0] if fitting else None)

    def topic(self, client: str, room: str, event_type: str | None, act: Act | None) -> Topic | None:
        """Give the line that allows something with an event type; None for a type or an act means any."""
        return next(
            (
                line
                for line in self.wiring.topics
                if (line.client, line.room) == (client, room)
                and (event_type is None or event_type in line.event_types or "*" in line.event_types)
                and (act is None or act in line.acts)
            ),
            None,
        )


def _compile(operations: tuple[Operation, ...]) -> tuple[_Template, ...]:
    templates = []
    for operation in operations:
        parts = re.split(r"\{([^{}]+)\}", operation.path)
        pattern = "".join(
            "([^/]+)" if position % 2 else re.escape(part) for position, part in enumerate(parts)
        )
        upper = operation.model_copy(update={"method": operation.method.upper()})
        pointers = Pointers.of(operation.personal, operation.secret)
        templates.append(_Template(re.compile(pattern), tuple(parts[1::2]), upper, pointers))
    return tuple(sorted(templates, key=lambda template: len(template.names)))
