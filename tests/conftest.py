"""Fixtures for every test: the Docker Engine and when its absence is a failure, a browser, the store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import docker
import psycopg
import pytest
from hypothesis import settings

from blockkit.standalone import Server
from sandbox.errors import RuntimeUnavailable
from sandbox.runtimes.docker.engine import connect
from sandbox.store.store import Store, open_store
from tests.fakes.stores import empty

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; skips with the reason when there is none."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()
