"""Removing everything of a sandbox, whole or half-made, by label alone.

Looks again until nothing is found: a request of a killed command may still arrive at the
Engine after the first look. What is already gone is no error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import docker
from docker.errors import APIError

from sandbox.errors import RuntimeFailure
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.labels import ROLE
from sandbox.runtimes.docker.layout import Place

_LOOKS = 100
_LOOK_AGAIN_SECONDS = 0.1
_AT_ONCE = 8
_GONE, _BUSY = 404, frozenset({403, 409, 500})
"""403: a network that still has endpoints; 409: something in use or being removed; 500: either, at times."""


def sweep(client: docker.DockerClient, place: Place) -> None:
    """Remove containers, then networks, then the keeper and volumes of one sandbox.

    Raises RuntimeFailure when the Engine does not let go of something, naming it.
    """
    empty_looks = 0
    refusals: list[str] = []
    for _ in range(_LOOKS):
        refusals, found = _remove_all(client, place)
        empty_looks = 0 if found else empty_looks + 1
        if empty_looks == 2:
            return
        if refusals:
            time.sleep(_LOOK_AGAIN_SECONDS)  # the Engine is still busy with it and has no event to wait for
    raise RuntimeFailure(
        f"the Docker Engine does not let go of sandbox {place.sandbox!r}: {refusals[0] if refusals else ''}",
        hint="repeat: sandbox down " + place.sandbox,
    )


def _remove_all(client: docker.DockerClient, place: Place) -> tuple[list[str], bool]:
    """Remove what one look finds; say what was refused, and whether there was anything."""
    api = client.api
    containers = api.containers(all=True, filters=place.filter())
    running = [c["Id"] for c in containers if c["Labels"][ROLE] != parts.KEEPER_ROLE]
    keepers = [c["Id"] for c in containers if c["Labels"][ROLE] == parts.KEEPER_ROLE]
    networks = [network["Id"] for network in api.networks(filters=place.filter())]
    volumes = [volume["Name"] for volume in api.volumes(filters=place.filter())["Volumes"] or []]

    def remove_container(identity: str) -> None:
        api.remove_container(identity, force=True, v=True)

    # The keeper says what the sandbox was; it stays as long as anything that matters does.
    steps: Iterable[tuple[Callable[[str], object], list[str]]] = (
        (remove_container, running),
        (api.remove_network, networks),
        (remove_container, keepers),
        (api.remove_volume, volumes),
    )
    refusals = [refusal for remove, names in steps for refusal in _each(remove, names)]
    return refusals, bool(containers or networks or volumes)


def _each(remove: Callable[[str], object], names: list[str]) -> list[str]:
    def attempt(name: str) -> str:
        try:
            remove(name)
        except APIError as error:
            if error.status_code == _GONE:
                return ""
            if error.status_code not in _BUSY:
                raise
            return str(error.explanation)
        return ""

    if not names:
        return []
    with ThreadPoolExecutor(min(_AT_ONCE, len(names))) as pool:
        return [refusal for refusal in pool.map(attempt, names) if refusal]
