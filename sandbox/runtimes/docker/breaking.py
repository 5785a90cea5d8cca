"""What a challenge breaks on `docker`: any container of a sandbox, each a process of its own anyway."""

from __future__ import annotations

import docker

from sandbox.runtime import InstanceSpec
from sandbox.runtimes.docker import layout as parts
from sandbox.runtimes.docker.driver import DockerRuntime
from sandbox.runtimes.docker.engine import said_by_engine
from sandbox.runtimes.docker.labels import owner_of
from sandbox.runtimes.docker.layout import Place
from sandbox.settings import Settings


class DockerBreaker:
    """Kills containers of this installation's sandboxes."""

    def __init__(self, client: docker.DockerClient, settings: Settings) -> None:
        self._client = client
        self._owner = owner_of(settings.home)
        self._runtime = DockerRuntime(client, settings)

    def set_apart(self, spec: InstanceSpec) -> bool:
        """Do nothing: it is a container."""
        del spec
        return False

    def kill(self, sandbox: str, name: str) -> None:
        """Kill and remove its container."""
        self._runtime.stop(sandbox, name, grace_seconds=0)

    def start(self, spec: InstanceSpec) -> None:
        """Start it in a new container."""
        self._runtime.start(spec)

    def why_not_the_database(self, sandbox: str) -> str:
        """Every sandbox has a server of its own."""
        del sandbox
        return ""

    def restart_database(self, sandbox: str) -> None:
        """Kill the container's server and start it on the same volume."""
        with said_by_engine(f"restarting the database of sandbox {sandbox!r}"):
            place = Place(self._owner, sandbox)
            self._client.containers.get(place.name(parts.DATABASE)).restart(timeout=0)
