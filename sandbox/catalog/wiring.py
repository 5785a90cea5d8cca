"""Computes who may call what, and why, before anything starts.

Blocks bring their services and the rights they need; `scenarios/<slug>/wiring.yaml` adds
the applications outside and what they may do, replaces a block's right by naming it, or
takes one away. What no line allows is refused by the mediator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.catalog.blocks import CONTROLS, Block, Reader
from sandbox.catalog.documents import read_yaml
from sandbox.catalog.overlay import read_overlay, spell_out
from sandbox.model.operation import Interface
from sandbox.model.scenario import Scenario
from sandbox.model.wiring import EXPLORER, Client, Right, Service, Topic, Wiring, application_of

CONTROLS_BLOCK = "controls"
"""The instance that answers for the sandbox's own operations."""


def build_wiring(
    blocks: Sequence[Block],
    controls: Interface,
    scenario: Scenario | None = None,
    *,
    read: Reader = read_yaml,
) -> Wiring:
    """Compute the wiring of a sandbox that runs these blocks, for this scenario or for exploring."""
    services = {service.application: service for service in _services(blocks, controls)}
    clients = {client.application: client for client in _own_clients(blocks)}
    rights = [right for block in blocks for right in _rights_of(block, services)]
    rights += _rights_of_controls(services)
    topics: tuple[Topic, ...] = ()
    if scenario is None:
        clients[EXPLORER] = _explorer()
        topics = (_exploring_events(),)
        rights += [_exploring(service) for service in services.values()]
    else:
        overlay = read_overlay(scenario, services, clients, read)
        clients = {EXPLORER: _explorer(), **overlay.clients}
        rights = overlay.apply(rights)
        rights += _rights_on_controls(clients, services, rights)
        rights += _rights_on_inboxes(services)
        topics = overlay.topics()
    return Wiring(
        services=tuple(services.values()),
        clients=tuple(clients.values()),
        rights=tuple(rights),
        topics=topics,
    )


def _services(blocks: Sequence[Block], controls: Interface) -> list[Service]:
    services = [
        Service(
            application=application_of(block.slug),
            block=block.slug,
            name=block.descriptor.name,
            operations=tuple(block.operations.values()),
            public=block.descriptor.public,
        )
        for block in blocks
    ]
    own = Service(
        application=application_of(CONTROLS),
        block=CONTROLS_BLOCK,
        name=controls.title,
        operations=tuple(controls.operations.values()),
    )
    return [*services, own]


def _own_clients(blocks: Sequence[Block]) -> list[Client]:
    clients = [
        Client(
            application=application_of(block.slug),
            name=block.descriptor.name,
            proof="block",
            block=block.slug,
        )
        for block in blocks
    ]
    own = Client(
        application=application_of(CONTROLS), name="The sandbox itself", proof="block", block=CONTROLS_BLOCK
    )
    return [*clients, own]


def _rights_of(block: Block, services: Mapping[str, Service]) -> list[Right]:
    """A right towards a block that this sandbox doesn't run is no line of its wiring."""
    rights = []
    for needed in block.descriptor.rights:
        service = services.get(application_of(needed.service))
        if service is not None:
            rights.append(
                Right(
                    client=application_of(block.slug),
                    service=service.application,
                    operations=spell_out(needed.operations, service),
                    purpose=needed.purpose,
                    legal_basis=needed.legal_basis,
                    retention=needed.retention,
                    recipient=needed.recipient,
                )
            )
    return rights


def _rights_of_controls(services: Mapping[str, Service]) -> list[Right]:
    """Logging in for a citizen plays identity's real flow and reads the code from the inbox."""
    return [
        Right(
            client=application_of(CONTROLS),
            service=application_of(slug),
            operations=(operation,),
            purpose="Log in for a fictitious citizen or officer.",
            legal_basis="None: an act of the sandbox itself, on fictitious people.",
            retention="The life of the sandbox.",
            recipient="The sandbox's controls.",
        )
        for slug, operation in (("identity", "createOidcClient"), ("messaging", "listInbox"))
        if application_of(slug) in services
    ]


def _rights_on_controls(
    clients: Mapping[str, Client], services: Mapping[str, Service], rights: Sequence[Right]
) -> list[Right]:
    """Applications outside may use the controls; they are no authority's data."""
    service = services[application_of(CONTROLS)]
    stated = {right.client for right in rights if right.service == service.application}
    return [
        Right(
            client=client.application,
            service=service.application,
            operations=spell_out(("*",), service),
            purpose="Steer the sandbox: clock, citizens, faults, inbox.",
            legal_basis="None: an act of the sandbox itself, on fictitious people.",
            retention="The life of the sandbox.",
            recipient=client.name,
        )
        for client in clients.values()
        if client.proof == "sandbox" and client.application not in stated
    ]


def _rights_on_inboxes(services: Mapping[str, Service]) -> list[Right]:
    """Whoever plays a story by hand reads what people were sent: on their page, or in a mail sink."""
    service = services.get(application_of("messaging"))
    if service is None:
        return []
    # a product in messaging's place need not have either
    opened = {each.operation_id for each in service.operations} & {"openInbox", "listEmails"}
    if not opened:
        return []
    return [
        Right(
            client=EXPLORER,
            service=service.application,
            operations=tuple(sorted(opened)),
            purpose="Read what fictitious people were sent, on their inbox page or in a mail sink.",
            legal_basis="None: an act of the sandbox itself, on fictitious people.",
            retention="Twelve hours.",
            recipient="Whoever explores the sandbox.",
        )
    ]


def _explorer() -> Client:
    """Whoever holds the sandbox's token; with a scenario, the controls are all it may use."""
    return Client(application=EXPLORER, name="Whoever explores the sandbox", proof="sandbox")


def _exploring(service: Service) -> Right:
    return Right(
        client=EXPLORER,
        service=service.application,
        operations=spell_out(("*",), service),
        purpose="Explore the sandbox by hand.",
        legal_basis="None: fictitious people.",
        retention="The life of the sandbox.",
        recipient="Whoever explores the sandbox.",
    )


def _exploring_events() -> Topic:
    return Topic(
        client=EXPLORER,
        room=application_of("information-mediator"),
        event_types=("*",),
        acts=("manage", "publish", "subscribe"),
        purpose="Explore the sandbox by hand.",
        legal_basis="None: fictitious people.",
        retention="The life of the sandbox.",
        recipient="Whoever explores the sandbox.",
    )
