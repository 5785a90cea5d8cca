"""Removes what an installation of a test's own has the Engine keep, whole or still being made."""

from __future__ import annotations

from pathlib import Path

import docker

from sandbox.runtimes.docker.labels import KEPT_FOR, owner_of


def chosen(home: Path) -> dict[str, str]:
    """Select all of it."""
    return {"label": f"{KEPT_FOR}={owner_of(home)}"}


def forget_clusters(engine: docker.DockerClient, home: Path) -> None:
    """Remove the containers and then their volumes."""
    for container in engine.containers.list(all=True, filters=chosen(home)):
        container.remove(force=True)
    for volume in engine.volumes.list(filters=chosen(home)):
        volume.remove(force=True)
