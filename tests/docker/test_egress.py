"""Nothing leaves a sandbox: counted where packets would arrive, not where they are sent.

Each test sends from a confined container first and from an ordinary one afterwards, to the
same receivers. The second must arrive everywhere, or the receivers were deaf and the first
proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_network

import docker
import pytest
from docker.models.containers import Container

from sandbox.runtime import InstanceSpec
from sandbox.runtimes.docker.images import ImageRef
from sandbox.runtimes.docker.labels import owner_of
from sandbox.runtimes.docker.layout import Place
from tests.fakes.packets import SHOUTING, HostReceiver, host_addresses, host_receivers, listening_neighbour

pytestmark = pytest.mark.docker


@pytest.fixture
def receivers() -> Iterator[list[HostReceiver]]:
    """Listeners on the host, one of them as a name server where that is possible."""
    with host_receivers() as listening:
        yield listening


@pytest.fixture
def neighbour(engine: docker.DockerClient, reference: ImageRef) -> Iterator[Container]:
    """A listener in a network namespace of its own."""
    with listening_neighbour(engine, reference.id) as container:
        yield container


@pytest.fixture
def targets(engine, runtime, settings, request_for, receivers, neighbour) -> str:
    """Every receiver under every address that could lead to it, the sandbox's own gateways included."""
    runtime.prepare(request_for("sealed"))
    mine = engine.networks.list(filters=Place(owner_of(settings.home), "sealed").filter())
    subnets = [ip_network(network.attrs["IPAM"]["Config"][0]["Subnet"]) for network in mine]
    gateways = [str(subnet.network_address + 1) for subnet in subnets]
    addresses = sorted({*host_addresses(), *gateways})
    outside = neighbour.attrs["NetworkSettings"]["IPAddress"]
    return json.dumps(
        [
            *((address, receiver.port) for address in addresses for receiver in receivers),
            (outside, 9053),
        ]
    )


def test_zero_packets_reach_the_host_a_neighbour_or_a_name_server(
    engine, reference, runtime, program, sending, targets, receivers, neighbour
):
    confined = {"TOKEN": "confined", "TARGETS": targets}
    block = runtime.run_once(program("sealed", "block", "sending", **confined))
    candidate = runtime.run_once(
        InstanceSpec(
            sandbox="sealed",
            name="candidate",
            image=reference.id,
            arguments=("python", "-c", sending),
            environment=confined,
        )
    )
    shouting = runtime.run_once(
        InstanceSpec(
            sandbox="sealed",
            name="candidate",
            image=reference.id,
            arguments=("python", "-c", SHOUTING),
            environment=confined,
        )
    )
    assert shouting.log_tail == "all sent\n"
    for sender in (block, candidate):
        assert sender.log_tail.endswith("all sent\n")
        assert "connected" not in sender.log_tail
        assert "resolved (" not in sender.log_tail

    ordinary = engine.containers.run(
        reference.id,
        ["python", "-c", sending],
        environment={"TOKEN": "ordinary", "TARGETS": targets},
        remove=True,
    )
    assert ordinary.endswith(b"all sent\n")
    for receiver in receivers:
        assert receiver.wait_for({"datagram", "connection"}, b"ordinary")
        assert [content for _, content in receiver.arrived if b"ordinary" not in content] == []
    heard = neighbour.logs()
    assert heard.count(b"ordinary") == 2
    assert b"confined" not in heard
    assert heard.count(b"connection") == 1


def test_one_sandbox_can_not_reach_another(engine, runtime, settings, request_for, program, sending):
    for name in ("one", "other"):
        runtime.prepare(request_for(name))
        runtime.start(program(name, "payments"))
    other = Place(owner_of(settings.home), "other").filter()
    addresses = [
        (member["IPv4Address"].partition("/")[0], port)
        for network in engine.networks.list(filters=other, greedy=True)
        for member in network.attrs["Containers"].values()
        for port in (8080, 5432)
    ]
    assert len(addresses) == 4
    asking = {"TARGETS": json.dumps(addresses), "TOKEN": "hello"}
    from_one = runtime.run_once(program("one", "sender", "sending", **asking)).log_tail
    from_itself = runtime.run_once(program("other", "sender", "sending", **asking)).log_tail
    assert from_itself.count("connected") == 2
    assert "connected" not in from_one
    assert from_one.endswith("all sent\n")


def test_a_candidate_reaches_the_public_instance_and_nothing_else(runtime, reference, request_for, program):
    runtime.prepare(request_for("hosting"))
    runtime.start(program("hosting", "payments"))
    runtime.start(program("hosting", "information-mediator"))
    asking = (
        "import socket\n"
        "for host, port in (('information-mediator', 8080), ('payments', 8080), ('postgres', 5432)):\n"
        "    for _ in range(100):\n"
        "        try: socket.create_connection((host, port), 1); print('reached', host); break\n"
        "        except ConnectionRefusedError: pass\n"
        "        except OSError: print('no way to', host); break\n"
    )
    said = runtime.run_once(
        InstanceSpec(
            sandbox="hosting", name="candidate", image=reference.id, arguments=("python", "-c", asking)
        )
    ).log_tail
    assert said.split("\n") == [
        "reached information-mediator",
        "no way to payments",
        "no way to postgres",
        "",
    ]
