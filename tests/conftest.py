"""Fixtures for every test: the Docker Engine, and when its absence is a failure."""

from __future__ import annotations

import os
from collections.abc import Iterator

import docker
import pytest

from sandbox.errors import RuntimeUnavailable
from sandbox.runtimes.docker.engine import connect


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """The Engine; skips with the reason when none answers, fails under SANDBOX_REQUIRE_DOCKER=1."""
    try:
        client = connect()
    except RuntimeUnavailable as error:
        if os.environ.get("SANDBOX_REQUIRE_DOCKER") == "1":
            pytest.fail(f"SANDBOX_REQUIRE_DOCKER=1, but {error}")
        pytest.skip(str(error))
    yield client
    client.close()
