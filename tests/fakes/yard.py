"""Two whole sandboxes side by side on `docker`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.models.containers import Container

from sandbox.lifecycle.service import Running, Tools
from sandbox.runtimes.docker.labels import OWNER, owner_of


@dataclass(frozen=True)
class Yard:
    """Two whole sandboxes of one installation, side by side."""

    engine: docker.DockerClient
    tools: Tools
    content: Path
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
