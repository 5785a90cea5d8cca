"""Ways out of one sandbox: a relay to exactly one host and port, behind a socket that only the mediator sees.

The relay stands on the host's network, where names and routes are the host's, confined like every container
of ours and without any right. It listens on a file in a volume, not on an address: nobody can come by it who
has not that volume, and only the public instance has.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import docker
from docker.models.containers import Container
from docker.types import Mount

from sandbox.runtime import InstanceSpec
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker import relay
from sandbox.runtimes.docker.hardening import confinement
from sandbox.runtimes.docker.layout import Layout, Place
from sandbox.runtimes.docker.volumes import volume_mount

_PROGRAM = Path(relay.__file__).read_text(encoding="utf-8")
_ON_THE_HOST = {"network_mode": "host", "userns_mode": "host"}


def way_mount(place: Place, *, read_only: bool) -> Mount:
    """Mount the volume that holds the sockets of a sandbox's ways."""
    return volume_mount(place.name("ways"), parts.WAYS, place.labels(parts.WAYS_ROLE), read_only=read_only)


def create_way(
    client: docker.DockerClient, place: Place, layout: Layout, spec: InstanceSpec, leads_to: tuple[str, int]
) -> Container:
    """Create the relay of one way; start nothing."""
    host, port = leads_to
    confined = confinement(spec.limits)
    for name in ("dns", "dns_search", "dns_opt"):  # the host's network has the host's names
        del confined[name]
    container = client.containers.create(
        layout.image,
        ["python", "-I", "-S", "-c", _PROGRAM, f"{parts.OPEN_WAYS}/{spec.alias}", host, str(port)],
        name=place.name(spec.name),
        labels=place.labels(parts.INSTANCE_ROLE, spec.name),
        mounts=[way_mount(place, read_only=False)],
        **{**confined, **_ON_THE_HOST},
    )
    container.put_archive(parts.WAYS, _open_folder())
    return container


def _open_folder() -> bytes:
    """Give an archive with the folder of the sockets, in which the relay's user may make one."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo(Path(parts.OPEN_WAYS).name)
        entry.type, entry.mode = tarfile.DIRTYPE, 0o777
        archive.addfile(entry)
    return file.getvalue()
