"""Two whole sandboxes side by side on `docker`, and whom their blocks could want to reach outside."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import docker
from docker.models.containers import Container

from sandbox.lifecycle.service import Running, Tools
from sandbox.runtimes.docker.labels import OWNER, owner_of
from tests.fakes import packets

POSTGRES = "postgres"


@dataclass(frozen=True)
class Yard:
    """Two whole sandboxes of one installation, side by side."""

    engine: docker.DockerClient
    tools: Tools
    watched: Running
    beside: Running

    def container(self, running: Running, name: str) -> Container:
        owner = owner_of(self.tools.home)
        wanted = {"label": [f"{OWNER}={owner}", f"org.civic-sandbox.sandbox={running.spec.name}"]}
        return next(each for each in self.containers(wanted) if each.name.endswith(f".{name}"))

    def containers(self, wanted: Mapping[str, Any]) -> list[Container]:
        found: list[Container] = self.engine.containers.list(filters=wanted)
        return found

    def run_inside(self, name: str, program: str, **environment: str) -> str:
        """Run a program in an instance of the watched sandbox; give what it printed."""
        inside = self.container(self.watched, name)
        code, said = inside.exec_run(["python", "-c", program], environment=environment)
        assert code == 0, f"{name}: {said.decode()}"
        return str(said.decode())

    def run_everywhere(self, program: str, **environment: str) -> dict[str, str]:
        names = [*self.watched.instances, POSTGRES]
        with ThreadPoolExecutor(4) as pool:
            said = pool.map(lambda name: self.run_inside(name, program, **environment), names)
            return dict(zip(names, said, strict=True))


@dataclass(frozen=True)
class Outside:
    """Whom a block could want to reach, and the addresses under which it might."""

    host: list[packets.HostReceiver]
    host_6: packets.HostReceiver
    neighbour: Container
    addresses: tuple[str, ...]
    """Of this host, as long as the yard is there: its edges, and the metadata address."""
    targets: str
    targets_6: str

    def arrived(self) -> list[bytes]:
        """Everything that arrived at the host."""
        return [content for receiver in (*self.host, self.host_6) for _, content in receiver.arrived]


def gateways(yard: Yard) -> set[str]:
    owned = {"label": f"{OWNER}={owner_of(yard.tools.home)}"}
    pools = [
        network.attrs["IPAM"]["Config"][0]["Subnet"] for network in yard.engine.networks.list(filters=owned)
    ]
    return {str(ip_network(pool).network_address + 1) for pool in pools}


def say_on_the_host(outside: Outside) -> None:
    """Show that the IPv6 receiver works: no container here has IPv6, the host itself does."""
    address, port = "::1", outside.host_6.port
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"ordinary", (address, port))
    with socket.create_connection((address, port)) as connection:
        connection.sendall(b"ordinary")
