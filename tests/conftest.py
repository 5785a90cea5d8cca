"""Fixtures for every test: the Docker Engine, and when its absence is a failure."""

from __future__ import annotations

import os
from collections.abc import Iterator

import docker
import pytest
from hypothesis import settings

from sandbox.errors import RuntimeUnavailable
from sandbox.runtimes.docker.engine import connect

# How long an example takes says more of the machine than of the code.
settings.register_profile("any-machine", settings(), deadline=None)
settings.load_profile("any-machine")


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
