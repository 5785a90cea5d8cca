"""Nothing leaves a sandbox: counted where packets would arrive, not where they are sent.

Each test sends from a confined container first and from an ordinary one afterwards, to the
same receivers. The second must arrive everywhere, or the receivers were deaf and the first
proves nothing.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from sandbox.runtime import InstanceSpec
from sandbox.runtimes.docker.engine import reading
from sandbox.runtimes.docker.images import ImageRef

pytestmark = pytest.mark.docker

ARRIVES_WITHIN_SECONDS = 20

RECEIVING = """
import socket, threading
def keep_printing(kind):
    with socket.socket(socket.AF_INET, kind) as receiver:
        receiver.bind(("0.0.0.0", 9053))
        if kind == socket.SOCK_STREAM:
            receiver.listen()
        print("ready", flush=True)
        while True:
            if kind == socket.SOCK_DGRAM:
                print("datagram", receiver.recv(200), flush=True)
            else:
                connection, _ = receiver.accept()
                print("connection", connection.recv(200), flush=True)
                connection.close()
threading.Thread(target=keep_printing, args=[socket.SOCK_DGRAM]).start()
keep_printing(socket.SOCK_STREAM)
"""


class HostReceiver:
    """Listens on every address of the host, UDP and TCP, and keeps what arrives."""

    def __init__(self, port: int) -> None:
        self.arrived: list[tuple[str, bytes]] = []
        self._news = threading.Condition()
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind(("0.0.0.0", port))
        self.port = int(self._datagrams.getsockname()[1])
        self._connections = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._connections.bind(("0.0.0.0", self.port))
        self._connections.listen()
        self._threads = [threading.Thread(target=run) for run in (self._receive, self._accept)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, kinds: set[str], token: bytes) -> bool:
        """Wait until `token` arrived in each of these kinds."""
        with self._news:
            return self._news.wait_for(
                lambda: kinds <= {kind for kind, content in self.arrived if token in content},
                ARRIVES_WITHIN_SECONDS,
            )

    def close(self) -> None:
        for listening in (self._datagrams, self._connections):
            # An unconnected datagram socket says that it is, and wakes its reader all the same.
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._datagrams.close()
        self._connections.close()

    def _keep(self, kind: str, content: bytes) -> None:
        with self._news:
            self.arrived.append((kind, content))
            self._news.notify_all()

    def _receive(self) -> None:
        while content := self._datagrams.recv(2000):
            self._keep("datagram", content)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._connections.accept()
            except OSError:
                return
            with connection:
                self._keep("connection", connection.recv(200))


@pytest.fixture
def host_receivers() -> Iterator[list[HostReceiver]]:
    """Listeners on any free port and, where nobody else has it, as a name server on port 53."""
    receivers = [HostReceiver(0)]
    try:
        receivers.append(HostReceiver(53))
    except OSError:
        receivers.append(HostReceiver(0))
    yield receivers
    for receiver in receivers:
        receiver.close()


@pytest.fixture
def neighbour(engine: docker.DockerClient, reference: ImageRef) -> Iterator[Container]:
    """A listening container with a network namespace of its own, on the Engine's default bridge."""
    container = engine.containers.run(reference.id, ["python", "-c", RECEIVING], detach=True, init=True)
    try:
        with reading(container.logs(stream=True, follow=True)) as chunks:
            said = b""
            while said.count(b"ready") < 2:
                said += next(chunks)
        container.reload()
        yield container
    finally:
        container.remove(force=True)


def host_addresses() -> list[str]:
    """Every IPv4 address of this host but the loopback's, from the kernel's own table."""
    lines = Path("/proc/net/fib_trie").read_text().splitlines()
    found = {before.split()[-1] for before, line in pairwise(lines) if "/32 host LOCAL" in line}
    return sorted(address for address in found if not address.startswith("127."))


@pytest.fixture
def targets(engine, runtime, request_for, host_receivers, neighbour) -> str:
    """Every receiver under every address that could lead to it, the sandbox's own gateways included."""
    runtime.prepare(request_for("sealed"))
    mine = engine.networks.list(filters={"label": "org.civic-sandbox.sandbox=sealed"})
    subnets = [ip_network(network.attrs["IPAM"]["Config"][0]["Subnet"]) for network in mine]
    gateways = [str(subnet.network_address + 1) for subnet in subnets]
    addresses = sorted({*host_addresses(), *gateways})
    outside = neighbour.attrs["NetworkSettings"]["IPAddress"]
    return json.dumps(
        [
            *((address, receiver.port) for address in addresses for receiver in host_receivers),
            (outside, 9053),
        ]
    )


def test_zero_packets_reach_the_host_a_neighbour_or_a_name_server(
    engine, reference, runtime, program, sending, targets, host_receivers, neighbour
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
    for receiver in host_receivers:
        assert receiver.wait_for({"datagram", "connection"}, b"ordinary")
        assert [content for _, content in receiver.arrived if b"ordinary" not in content] == []
    heard = neighbour.logs()
    assert heard.count(b"ordinary") == 2
    assert b"confined" not in heard
    assert heard.count(b"connection") == 1


def test_one_sandbox_can_not_reach_another(engine, runtime, request_for, program, sending):
    for name in ("one", "other"):
        runtime.prepare(request_for(name))
        runtime.start(program(name, "payments"))
    addresses = [
        (member["IPv4Address"].partition("/")[0], port)
        for network in engine.networks.list(filters={"label": "org.civic-sandbox.sandbox=other"}, greedy=True)
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
