"""One block's image as a black box: a database, the loader, the server, and calls from outside.

Nothing of ours but the image takes part: testcontainers starts it as any tester would.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

from sandbox.model.population import PopulationRef
from sandbox.population import ensure, load_pack
from sandbox.population.reading import read_rows
from sandbox.runtimes.docker.images import ImageRef
from sandbox.settings import CONTENT_ROOT

pytestmark = pytest.mark.docker

PORT = 8080
DATA = "/srv/data"
SUPERUSER = secrets.token_hex(16)
OWNER = "owner"
ROLE = "serving"


@dataclass(frozen=True)
class Laboratory:
    """A network with PostgreSQL on it, and the containers of one image."""

    stack: ExitStack
    network: Network
    image: str
    data: Path

    def container(self, *command: str, alias: str, **environment: str) -> DockerContainer:
        made = DockerContainer(self.image, network=self.network, network_aliases=[alias])
        return made.with_command(list(command)).with_envs(**environment)

    def url(self, user: str, password: str) -> str:
        return f"postgresql://{user}:{password}@postgres:5432/{OWNER}"
