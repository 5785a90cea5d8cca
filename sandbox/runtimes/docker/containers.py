"""One instance as a container: what it is given, where it is attached, how it is seen.

A reference block runs from the sandbox's own image as `python -m <module> <arguments>`. A
candidate's image runs as it says itself, on a network where only the public instance is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from sandbox.errors import StartFailed
from sandbox.runtime import Instance, InstanceSpec, Phase
from sandbox.runtimes.docker import labels, networks
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.hardening import confinement
from sandbox.runtimes.docker.layout import Layout, Place
from sandbox.runtimes.docker.sealing import seal
from sandbox.runtimes.docker.volumes import volume_mount
from sandbox.runtimes.docker.ways import create_way, way_mount

_ALIVE = frozenset({"running", "restarting", "paused"})
_PORT_TAKEN = ("port is already allocated", "address already in use")


def create(
    client: docker.DockerClient, place: Place, layout: Layout, spec: InstanceSpec, *, role: str, name: str
) -> Container:
    """Create the container of an instance, attached to the networks that it may see; start nothing."""
    network = place.name(f"to-{home_of(spec)}") if home_of(spec) else place.name("inner")
    alias = spec.alias or spec.name
    published: dict[str, Any] = {}
    if spec.name == layout.public and role == parts.INSTANCE_ROLE:
        network = place.name("edge")
        published = {"ports": {f"{parts.PORT}/tcp": ("127.0.0.1", layout.port)}}
    if spec.leads_to is not None:
        return create_way(client, place, layout, spec, spec.leads_to)
    mounts = [
        volume_mount(place.name("data"), parts.DATA, place.labels(parts.DATA_ROLE), read_only=True)
        for _ in range(spec.reads_data)
    ]
    if spec.leads_out:
        mounts.append(way_mount(place, read_only=True))
    return client.containers.create(
        spec.image or layout.image,
        _command(spec, role),
        name=name,
        hostname=alias,
        labels=place.labels(role, spec.name),
        environment=dict(spec.environment),
        network=network,
        networking_config={network: client.api.create_endpoint_config(aliases=[alias])},
        mounts=mounts,
        **published,
        **confinement(spec.limits, spec.writable),
    )


def home_of(spec: InstanceSpec) -> str:
    """Name the candidate on whose own network an instance is; nothing for one of ours among ours."""
    return spec.beside or (spec.name if spec.image is not None else "")


def attach_public(client: docker.DockerClient, place: Place, container: Container, name: str) -> None:
    """Connect the public instance to every network whose members may call it."""
    client.networks.get(place.name("inner")).connect(container, aliases=[name])
    container.reload()
    attached = container.attrs["NetworkSettings"]["Networks"]
    for network in client.networks.list(filters=place.filter(parts.CANDIDATE_ROLE)):
        if network.name not in attached:  # a candidate that was faster has brought us onto its own
            network.connect(container, aliases=[name])


def make_candidate_network(
    client: docker.DockerClient, place: Place, layout: Layout, space: str, name: str
) -> None:
    """Create a candidate's own network, with the public instance on it when that runs already."""
    full = place.name(f"to-{name}")
    if client.networks.list(names=[f"^{full}$"]):
        return
    network = networks.create_candidate(client, space, full, place.labels(parts.CANDIDATE_ROLE, name))
    seal(client, place, layout.image, network)
    try:
        network.connect(place.name(layout.public), aliases=[layout.public])
    except NotFound:
        return  # it attaches itself when it starts


def remove_candidate_network(client: docker.DockerClient, place: Place, name: str) -> None:
    """Remove a candidate's network; nothing happens for our own blocks, who have none."""
    for network in client.networks.list(names=[f"^{place.name(f'to-{name}')}$"], greedy=True):
        for member in network.containers:
            network.disconnect(member, force=True)
        network.remove()


def start(container: Container, layout: Layout, place: Place) -> None:
    """Start a created container.

    Raises StartFailed when the published port has gone to another program.
    """
    try:
        container.start()
    except APIError as error:
        said = str(error.explanation)
        if any(sign in said for sign in _PORT_TAKEN):
            raise StartFailed(
                f"port {layout.port} of sandbox {place.sandbox!r} is used by another program now",
                hint=f"end that program, or make the sandbox anew: sandbox down {place.sandbox}",
            ) from error
        raise StartFailed(f"container {container.name} can't be started: {said}") from error


def observed(client: docker.DockerClient, listed: Mapping[str, Any]) -> Instance | None:
    """Describe a container from the Engine's list; None when it is gone by now."""
    phase = Phase.RUNNING if listed["State"] in _ALIVE else Phase.EXITED
    exit_code = None
    if phase is Phase.EXITED:
        try:
            exit_code = client.api.inspect_container(listed["Id"])["State"]["ExitCode"]
        except NotFound:
            return None
    return Instance(
        sandbox=listed["Labels"][labels.SANDBOX],
        name=listed["Labels"][labels.INSTANCE],
        phase=phase,
        id=listed["Id"],
        image=listed["ImageID"],
        exit_code=exit_code,
    )


def _command(spec: InstanceSpec, role: str) -> list[str] | None:
    if spec.module is not None:
        return ["python", "-m", spec.module, *spec.arguments]
    return list(spec.arguments) if role == parts.TASK_ROLE else None
