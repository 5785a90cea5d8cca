"""Which small subnets are free: a pure choice from a range, given what is taken.

A default Engine has address space for about thirty networks of its own choosing; twenty
sandboxes need more. Two processes may choose the same subnet; the Engine refuses the
second, who takes the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from ipaddress import IPv4Network, ip_network
from itertools import chain
from pathlib import Path

from sandbox.errors import UsageError

ROUTES = Path("/proc/net/route")


def free_subnets(
    space: str, prefix_length: int, *, taken: Iterable[IPv4Network], near: str
) -> Iterator[IPv4Network]:
    """Yield the free subnets of a range, beginning at a place that depends on `near`.

    Beginning at different places keeps sandboxes that start at the same moment from
    competing for the same subnets.

    Raises UsageError when `space` is no range of IPv4 addresses that could hold one.
    """
    try:
        network = ip_network(space)
    except ValueError as error:
        raise UsageError(
            f"SANDBOX_SUBNETS {space!r} is no network: {error}", hint="example: 10.213.0.0/16"
        ) from error
    if not isinstance(network, IPv4Network) or network.prefixlen > prefix_length:
        raise UsageError(f"SANDBOX_SUBNETS {space!r} can't hold a /{prefix_length} of IPv4 addresses")
    count = 1 << (prefix_length - network.prefixlen)
    first = int.from_bytes(sha256(near.encode()).digest()[:8]) % count
    occupied = [other for other in taken if other.overlaps(network)]
    size = 1 << (32 - prefix_length)
    for index in chain(range(first, count), range(first)):
        subnet = IPv4Network((int(network.network_address) + index * size, prefix_length))
        if not any(subnet.overlaps(other) for other in occupied):
            yield subnet


def host_routes(table: Path = ROUTES) -> list[IPv4Network]:
    """List the networks that this host routes somewhere, the default route apart; empty where unknown."""
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return []  # no Linux: the Engine runs in a machine of its own and knows its routes
    routes = []
    for line in lines:
        fields = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(fields[column]), "little") for column in (1, 7))
        if mask:
            routes.append(IPv4Network((address & mask, mask.bit_count())))
    return routes
