"""Fixtures for every test: the Docker Engine and when its absence is a failure, the control plane's store."""

from __future__ import annotations

import os
from collections.abc import Iterator

import docker
import psycopg
import pytest
from hypothesis import settings

from blockkit.standalone import Server
from sandbox.errors import RuntimeUnavailable
from sandbox.runtimes.docker.engine import connect
from sandbox.store.store import Store, open_store
from tests.fakes.stores import empty

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


@pytest.fixture(scope="session")
def migrated_store(postgres: Server) -> Iterator[Store]:
    """A store with every migration, one for all tests of a worker."""
    with psycopg.connect(postgres.url(), autocommit=True) as root:
        root.execute("CREATE DATABASE control_plane")
    store = open_store(postgres.url("control_plane"))
    yield store
    store.close()


@pytest.fixture
def store(migrated_store: Store) -> Store:
    """An empty store."""
    empty(migrated_store)
    return migrated_store
