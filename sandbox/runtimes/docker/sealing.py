"""Makes the host deaf to an internal network, by a container of our own that lives for that moment.

It has the host's network and one right, to administer it; nothing else that loosens anything,
and no code but ours. It is the only container that is not confined like all others. A network
that can't be sealed is not used: this raises.
"""

from __future__ import annotations

from pathlib import Path

import docker
from docker.models.networks import Network

from sandbox.errors import RuntimeFailure
from sandbox.runtime import Limits
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker import strict_bridge
from sandbox.runtimes.docker.hardening import confinement
from sandbox.runtimes.docker.layout import Place

_LIMITS = Limits(memory_mib=64, cpus=1.0, pids=16, tmp_mib=1)
_PROGRAM = Path(strict_bridge.__file__).read_text(encoding="utf-8")
_OVER_THE_HOST = {
    "user": "0:0",
    "cap_add": ["NET_ADMIN"],
    "network_mode": "host",
    "userns_mode": "host",  # the host's network can't be had from a mapped user's namespace
}


def seal(client: docker.DockerClient, place: Place, image: str, network: Network) -> None:
    """Let nothing that is sent on the network arrive at the host. Raises RuntimeFailure."""
    confined = confinement(_LIMITS)
    for name in ("dns", "dns_search", "dns_opt"):  # the host's network has the host's names
        del confined[name]
    container = client.containers.create(
        image,
        ["python", "-I", "-S", "-c", _PROGRAM, f"br-{str(network.id)[:12]}"],
        labels=place.labels(parts.TASK_ROLE, "sealing"),
        **{**confined, **_OVER_THE_HOST},
    )
    try:
        container.start()
        ended = container.wait()
        said = container.logs(tail=1).decode(errors="replace").strip()
    finally:
        container.remove(force=True, v=True)
    if ended["StatusCode"] != 0:
        raise RuntimeFailure(
            f"the network {network.name} can't be closed towards this host: {said}",
            hint="the Engine must let a container of ours administer its host's network; "
            "without isolation: --runtime local",
        )
