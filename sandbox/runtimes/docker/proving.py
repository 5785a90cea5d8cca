"""What `sandbox attack` needs of the Engine: programs run inside, and neighbours who are not confined.

The neighbours are the only containers of ours without confinement, apart from what seals a network.
They run our own image and our own programs, and are labelled as the attacked sandbox's.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import docker
from docker.errors import NotFound
from docker.models.containers import Container

from sandbox.errors import RuntimeFailure
from sandbox.prover import EngineFacts
from sandbox.runtimes.docker import images, networks
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.engine import reading, said_by_engine
from sandbox.runtimes.docker.labels import owner_of
from sandbox.runtimes.docker.layout import Place
from sandbox.settings import Settings

_LIKE_METADATA = "169.254.208.0/20"
"""A cloud's own address, 169.254.169.254, may belong to the machine that this runs on."""
_PORTS = (53, 80, 9053)
_HEARS_WITHIN_SECONDS = 20.0
_LISTENS_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listener:
    """One listening container on a network made for it."""

    name: str
    address: str
    ports: Sequence[int]
    network: str
    container: Container
    client: docker.DockerClient
    image: str
    labels: Mapping[str, str]

    def heard(self) -> bytes:
        return bytes(self.container.logs())

    def wait_for(self, words: bytes) -> bool:
        until = time.monotonic() + _HEARS_WITHIN_SECONDS
        while words not in self.heard():
            if time.monotonic() > until:
                return False
            time.sleep(_LISTENS_AGAIN_SECONDS)  # the Engine has no event for a line of a log
        return True

    def send(self, program: str, environment: Mapping[str, str]) -> str:
        said = self.client.containers.run(
            self.image,
            ["python", "-c", program],
            environment=dict(environment),
            network=self.network,
            labels=dict(self.labels),
            remove=True,
        )
        return bytes(said).decode(errors="replace")


class DockerProver:
    """The attack's hands on one Docker Engine."""

    def __init__(self, client: docker.DockerClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._owner = owner_of(settings.home)

    def engine(self) -> EngineFacts:
        """Say which Engine this is, and by which code it is made to isolate."""
        with said_by_engine("asking the Docker Engine about itself"):
            about: dict[str, Any] = self._client.info()
        return EngineFacts(
            id=str(about.get("ID") or about["Name"]),
            version=str(about["ServerVersion"]),
            kernel=str(about["KernelVersion"]),
            isolation=_digest_of_isolation(),
        )

    def image(self) -> str:
        """Give the reference image's hash."""
        return images.ensure_reference_image(self._settings, client=self._client).id

    def run_inside(self, sandbox: str, name: str, program: str, environment: Mapping[str, str]) -> str:
        """Run a Python program in a running container of ours."""
        place = Place(self._owner, sandbox)
        with said_by_engine(f"looking around in {name!r}"):
            try:
                inside = self._client.containers.get(place.name(name))
            except NotFound as error:
                raise RuntimeFailure(f"there is no {name!r} in sandbox {sandbox!r}") from error
            code, said = inside.exec_run(["python", "-c", program], environment=dict(environment))
        if code != 0:
            tail = _text(said)
            raise RuntimeFailure(f"a program ended with {code} in {name!r}", log_tail=tail)
        return _text(said)

    def addresses(self, sandbox: str) -> Mapping[str, Sequence[str]]:
        """Give every address of what runs in a sandbox, PostgreSQL included."""
        place = Place(self._owner, sandbox)
        with said_by_engine(f"looking at sandbox {sandbox!r}"):
            listed = self._client.api.containers(filters=place.filter())
        return {
            each["Names"][0].rpartition(".")[2]: [
                network["IPAddress"]
                for network in each["NetworkSettings"]["Networks"].values()
                if network["IPAddress"]
            ]
            for each in listed
        }

    def gateways(self, sandbox: str) -> Sequence[str]:
        """Give the first address of each of a sandbox's networks."""
        with said_by_engine(f"looking at sandbox {sandbox!r}"):
            listed = self._client.api.networks(filters=Place(self._owner, sandbox).filter())
        pools = [pool["Subnet"] for network in listed for pool in network["IPAM"]["Config"] or ()]
        return sorted(str(ip_network(pool).network_address + 1) for pool in pools)

    @contextmanager
    def neighbours(self, sandbox: str, listening: str) -> Iterator[Sequence[_Listener]]:
        """Start the neighbour and the one at a link-local address; they are gone afterwards."""
        spaces = {"neighbour": self._settings.subnets, "metadata": _LIKE_METADATA}
        with ExitStack() as stack, said_by_engine("starting neighbours to listen"):
            yield [
                stack.enter_context(self._listener(sandbox, name, space, listening))
                for name, space in spaces.items()
            ]

    @contextmanager
    def _listener(self, sandbox: str, name: str, space: str, listening: str) -> Iterator[_Listener]:
        place = Place(self._owner, sandbox)
        labels = place.labels(parts.TASK_ROLE, name)
        full = place.name(f"beside-{name}-{secrets.token_hex(3)}")
        network = networks.create_open(self._client, space, full, labels)
        try:
            image = self.image()
            container = self._client.containers.run(
                image,
                ["python", "-c", listening],
                environment={"PORTS": json.dumps(_PORTS)},
                network=full,
                labels=labels,
                sysctls={"net.ipv4.ip_unprivileged_port_start": "0"},
                init=True,
                detach=True,
            )
            try:
                _wait_for_ports(container)
                container.reload()
                yield _Listener(
                    name=name,
                    address=str(container.attrs["NetworkSettings"]["Networks"][full]["IPAddress"]),
                    ports=_PORTS,
                    network=full,
                    container=container,
                    client=self._client,
                    image=image,
                    labels=labels,
                )
            finally:
                container.remove(force=True)
        finally:
            network.remove()


def _wait_for_ports(container: Container) -> None:
    with reading(container.logs(stream=True, follow=True)) as chunks:
        said = b""
        while said.count(b"ready") < 2 * len(_PORTS):
            try:
                said += next(chunks)
            except StopIteration:
                raise RuntimeFailure(
                    "a neighbour could not listen", log_tail=said.decode(errors="replace")
                ) from None


def _text(said: Any) -> str:
    return bytes(said).decode(errors="replace")


def _digest_of_isolation() -> str:
    """Digest this driver: another way to isolate must prove itself anew."""
    total = sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]
