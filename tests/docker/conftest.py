"""One built image for the session, one installation per test, and programs to run inside."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import docker
import pytest

from sandbox.candidates.programs import SENDING
from sandbox.model.population import PopulationRef
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import InstanceSpec, SiteRequest
from sandbox.runtimes.docker.driver import DockerRuntime
from sandbox.runtimes.docker.images import ImageRef, ensure_reference_image
from sandbox.settings import CONTENT_ROOT, Settings

PUBLIC = "information-mediator"
ON_THE_DATA = {"PYTHONPATH": "/opt/civic-sandbox/application:/srv/data"}

ANSWERING = """
import http.server
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture(scope="session")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What goes into the image, as it was when the session began: one session, one image."""
    snapshot = tmp_path_factory.mktemp("content")
    left_out = shutil.ignore_patterns("__pycache__", "tests")
    for tree in ("blockkit", "blocks", "compose", "sandbox"):
        shutil.copytree(CONTENT_ROOT / tree, snapshot / tree, ignore=left_out)
    shutil.copy(CONTENT_ROOT / "constraints.txt", snapshot)
    return snapshot


@pytest.fixture(scope="session")
def session_settings(tmp_path_factory: pytest.TempPathFactory, content: Path) -> Settings:
    """Settings whose cache of wheels is shared by the session."""
    return Settings(home=tmp_path_factory.mktemp("home"), content=content)


@pytest.fixture(scope="session")
def reference(engine: docker.DockerClient, session_settings: Settings) -> ImageRef:
    """The reference image of this checkout, built when it is not here."""
    return ensure_reference_image(session_settings, client=engine)


@pytest.fixture
def settings(tmp_path: Path, content: Path) -> Settings:
    """An installation of the test's own."""
    return Settings(home=tmp_path / "home", content=content)


@pytest.fixture
def runtime(engine: docker.DockerClient, reference: ImageRef, settings: Settings) -> Iterator[DockerRuntime]:
    """A runtime whose sandboxes are all gone after the test."""
    opened = DockerRuntime(engine, settings)
    yield opened
    for remains in opened.list_sandboxes():
        opened.discard(remains.name)


@pytest.fixture(scope="session")
def request_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], SiteRequest]:
    """Make a request for a sandbox of the given name, with two programs among its data."""
    data = tmp_path_factory.mktemp("population")
    (data / "answering.py").write_text(ANSWERING)
    (data / "sending.py").write_text(SENDING)

    def make(name: str) -> SiteRequest:
        spec = SandboxSpec(
            name=name,
            runtime="docker",
            blocks=("payments",),
            population=PopulationRef(),
            clock_start=date(2026, 1, 1),
            created=datetime(2026, 1, 1, tzinfo=UTC),
        )
        return SiteRequest(
            spec=spec,
            instances=(PUBLIC, "payments"),
            public=PUBLIC,
            data=data,
            secret=secrets.token_hex(16),
        )

    return make


@pytest.fixture(scope="session")
def program() -> Callable[..., InstanceSpec]:
    """Specify an instance that runs one of the two programs."""

    def specify(sandbox: str, name: str, module: str = "answering", **environment: str) -> InstanceSpec:
        return InstanceSpec(
            sandbox=sandbox,
            name=name,
            module=module,
            arguments=(),
            environment={**ON_THE_DATA, **environment},
            reads_data=True,
        )

    return specify
