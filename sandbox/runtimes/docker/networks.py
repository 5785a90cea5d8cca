"""The networks of one sandbox: a star with the public instance in the middle.

* inner: our own blocks, controls and PostgreSQL. `internal` takes away every route;
  `inhibit_ipv4` takes the host's address off the bridge, through which its services on
  0.0.0.0 could be reached otherwise; `sealing` makes the host deaf to what is sent to all.
* edge: the public instance alone, published on the loopback. It keeps the host's address,
  because the Engine's proxy needs one to come from, and it does not masquerade.
* one per candidate: the candidate and the public instance, otherwise like inner.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network

import docker
from docker.errors import APIError
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from sandbox.errors import RuntimeFailure
from sandbox.runtimes.docker.subnets import free_subnets, host_routes

_BRIDGE = "com.docker.network.bridge"
_INNER_PREFIX = 27
"""Room for 29: eight blocks, controls, PostgreSQL, and loaders of all blocks running at once."""
_SMALL_PREFIX = 28
_PORT_ATTEMPTS = 50


def create_inner(client: docker.DockerClient, space: str, name: str, labels: Mapping[str, str]) -> Network:
    """Create a network that leads nowhere, not even to the host."""
    return _create(client, space, name, labels, prefix=_INNER_PREFIX, internal=True, options={})


def create_candidate(
    client: docker.DockerClient, space: str, name: str, labels: Mapping[str, str]
) -> Network:
    """Create a candidate's own network; like the inner one, smaller."""
    return _create(client, space, name, labels, prefix=_SMALL_PREFIX, internal=True, options={})


def create_open(client: docker.DockerClient, space: str, name: str, labels: Mapping[str, str]) -> Network:
    """Create a network as Docker makes them, for those who stand beside a sandbox that is attacked."""
    return _create(client, space, name, labels, prefix=_SMALL_PREFIX, internal=False, options={})


def create_edge(
    client: docker.DockerClient, space: str, name: str, labels: Mapping[str, str]
) -> tuple[Network, int]:
    """Create the edge network and choose the port that will be published on it.

    The system chooses a port that is free now. The bridge is named after it, and a host has
    no two bridges of one name: so no two sandboxes ever hold the same port, even before
    anything listens on it.
    """
    for _ in range(_PORT_ATTEMPTS):
        port = _free_port()
        options = {f"{_BRIDGE}.name": f"civic{port}", f"{_BRIDGE}.enable_ip_masquerade": "false"}
        try:
            network = _create(
                client, space, name, labels, prefix=_SMALL_PREFIX, internal=False, options=options
            )
        except APIError as error:
            if "same bridge name" not in str(error.explanation):
                raise
            continue
        return network, port
    raise RuntimeFailure(f"no free port on 127.0.0.1 after {_PORT_ATTEMPTS} attempts")


def _create(
    client: docker.DockerClient,
    space: str,
    name: str,
    labels: Mapping[str, str],
    *,
    prefix: int,
    internal: bool,
    options: Mapping[str, str],
) -> Network:
    if internal:
        options = {**options, f"{_BRIDGE}.inhibit_ipv4": "true"}
    taken = [*_engine_subnets(client), *host_routes()]
    for subnet in free_subnets(space, prefix, taken=taken, near=name):
        try:
            return client.networks.create(
                name,
                driver="bridge",
                internal=internal,
                enable_ipv6=False,
                options=dict(options),
                ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet))]),
                labels=dict(labels),
            )
        except APIError as error:
            if "overlaps" not in str(error.explanation):
                raise
            # Another process was faster; the next one then.
    raise RuntimeFailure(
        f"no free /{prefix} is left in {space}",
        hint="set SANDBOX_SUBNETS to a larger range that the host does not route",
    )


def _engine_subnets(client: docker.DockerClient) -> list[IPv4Network]:
    subnets = []
    for network in client.api.networks():
        for pool in (network.get("IPAM") or {}).get("Config") or []:
            subnet = ip_network(pool.get("Subnet", "0.0.0.0/32"), strict=False)
            if isinstance(subnet, IPv4Network):
                subnets.append(subnet)
    return subnets


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
