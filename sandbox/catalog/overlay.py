"""Reads `scenarios/<slug>/wiring.yaml` and lays it over the rights that blocks bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sandbox.catalog.blocks import Reader
from sandbox.catalog.documents import Yaml
from sandbox.catalog.validate import nearest, read_as
from sandbox.model.block import Frozen, Sentence
from sandbox.model.scenario import Scenario
from sandbox.model.wiring import INSTANCE, Client, Right, Service, Topic, application_of

ADDRESS = rf"^{INSTANCE}/[A-Z]+/[A-Z0-9-]+/[a-z0-9-]+$"
Operations = tuple[str, ...]
EventType = Annotated[str, StringConstraints(pattern=r"^(\*|[A-Za-z][A-Za-z0-9_.-]{0,99})$")]


class ClientEntry(Frozen):
    """An application outside the blocks."""

    application: str = Field(pattern=ADDRESS)
    name: str


class RightEntry(Frozen):
    """What one client may call; `client` and `service` are slugs of blocks or whole addresses."""

    client: str
    service: str
    operations: Operations = ("*",)
    purpose: Sentence
    legal_basis: Sentence
    retention: Sentence
    recipient: Sentence
    consent: str | None = None


class TopicEntry(Frozen):
    """What one client may do with events; `client` and `room` are slugs of blocks or whole addresses."""

    client: str
    room: str = "information-mediator"
    event_types: tuple[EventType, ...] = ("*",)
    acts: tuple[Literal["manage", "publish", "subscribe"], ...] = Field(min_length=1)
    purpose: Sentence
    legal_basis: Sentence
    retention: Sentence
    recipient: Sentence


class DenyEntry(Frozen):
    """Takes operations from what a client may call."""

    client: str
    service: str
    operations: Operations = ("*",)


class WiringFile(Frozen):
    """What `wiring.yaml` says."""

    clients: tuple[ClientEntry, ...] = ()
    rights: tuple[RightEntry, ...] = ()
    deny: tuple[DenyEntry, ...] = ()
    topics: tuple[TopicEntry, ...] = ()


def spell_out(operations: Operations, service: Service) -> Operations:
    """Write `*` as the operations that the service has now, so that a line can be read alone."""
    known = tuple(operation.operation_id for operation in service.operations)
    return known if "*" in operations else operations


def read_overlay(
    scenario: Scenario, services: Mapping[str, Service], clients: Mapping[str, Client], read: Reader
) -> Overlay:
    """Read the scenario's `wiring.yaml`, without which nobody outside may call anything."""
    root = scenario.folder.parent.parent
    return Overlay(read(scenario.folder / "wiring.yaml", root), services, clients)


class Overlay:
    """A scenario's wiring over the services and clients that are there without it."""

    def __init__(self, yaml: Yaml, services: Mapping[str, Service], clients: Mapping[str, Client]) -> None:
        self._yaml = yaml
        self._file = read_as(WiringFile, yaml)
        self._services = services
        self.clients = dict(clients)
        """Those of the blocks and those of the file, by address."""
        for position, client in enumerate(self._file.clients):
            if client.application in self.clients:
                raise yaml.error(
                    f"the application {client.application!r} is known already",
                    ("clients", position, "application"),
                )
            self.clients[client.application] = Client(
                application=client.application, name=client.name, proof="sandbox"
            )

    def apply(self, rights: Sequence[Right]) -> list[Right]:
        """Give the rights with the file's own added, replaced and taken away."""
        kept = list(rights)
        added = []
        for position, right in enumerate(self._file.rights):
            stated = self._right(right, ("rights", position))
            kept = _without(kept, stated.client, stated.service, stated.operations)
            added.append(stated)
        kept += added
        for position, denied in enumerate(self._file.deny):
            kept = _without(kept, *self._named(denied, ("deny", position)))
        return kept

    def topics(self) -> tuple[Topic, ...]:
        """Give what the file lets clients do with events."""
        return tuple(
            Topic(
                client=self._address(entry.client, self.clients, ("topics", position, "client"), "client"),
                room=entry.room if "/" in entry.room else application_of(entry.room),
                **entry.model_dump(exclude={"client", "room"}),
            )
            for position, entry in enumerate(self._file.topics)
        )

    def _right(self, entry: RightEntry, pointer: tuple[str, int]) -> Right:
        client, service, operations = self._named(entry, pointer)
        return Right(
            client=client,
            service=service,
            operations=operations,
            purpose=entry.purpose,
            legal_basis=entry.legal_basis,
            retention=entry.retention,
            recipient=entry.recipient,
            consent=entry.consent,
        )

    def _named(self, entry: RightEntry | DenyEntry, pointer: tuple[str, int]) -> tuple[str, str, Operations]:
        client = self._address(entry.client, self.clients, (*pointer, "client"), "client")
        address = self._address(entry.service, self._services, (*pointer, "service"), "service")
        service = self._services[address]
        known = {operation.operation_id for operation in service.operations}
        for position, operation in enumerate(entry.operations):
            if operation != "*" and operation not in known:
                raise self._yaml.error(
                    f"{address} has no operation {operation!r}",
                    (*pointer, "operations", position),
                    hint=nearest(operation, known),
                )
        return client, address, spell_out(entry.operations, service)

    def _address(
        self, word: str, known: Mapping[str, object], pointer: tuple[str | int, ...], kind: str
    ) -> str:
        address = word if "/" in word else application_of(word)
        if address not in known:
            raise self._yaml.error(f"no {kind} is called {word!r}", pointer, hint=nearest(address, known))
        return address


def _without(rights: Sequence[Right], client: str, service: str, operations: Operations) -> list[Right]:
    """Take operations out of every right of this client and service; an empty right disappears."""
    kept = []
    for right in rights:
        if (right.client, right.service) != (client, service):
            kept.append(right)
            continue
        left = tuple(operation for operation in right.operations if operation not in operations)
        if left:
            kept.append(right.model_copy(update={"operations": left}))
    return kept
