"""What `sandbox export compose` wrote is started by docker-compose, is played on, and is gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import docker
import pytest

pytestmark = pytest.mark.docker
PORT = "18480"
"""Below those that a system gives out by itself."""


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path: the installation of whoever exports."""
    with tempfile.TemporaryDirectory(prefix="sbx-") as folder:
        yield Path(folder)


@pytest.fixture
def compose() -> Sequence[str]:
    """The command; skips where it is not installed, fails when it must be."""
    found = shutil.which("docker-compose")
    if found is None:
        if os.environ.get("SANDBOX_REQUIRE_DOCKER") == "1":
            pytest.fail("SANDBOX_REQUIRE_DOCKER=1, but docker-compose is not installed")
        pytest.skip("docker-compose is not installed")
    return [found, "--no-ansi"]


def remains(engine: docker.DockerClient, project: str) -> list[str]:
    chosen = {"label": f"com.docker.compose.project={project}"}
    api = engine.api
    return [
        *(each["Id"] for each in api.containers(all=True, filters=chosen)),
        *(each["Id"] for each in api.networks(filters=chosen)),
        *(each["Name"] for each in api.volumes(filters=chosen)["Volumes"] or []),
    ]


@pytest.mark.usefixtures("reference")
def test_an_export_runs_without_us_is_played_from_outside_and_leaves_nothing(
    engine: docker.DockerClient, compose: Sequence[str], home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "exported"
    ours = {"SANDBOX_HOME": str(home), "COLUMNS": "200"}
    sandbox = (sys.executable, "-m", "sandbox")
    where = ("--out", str(folder), "--port", PORT)
    run(*sandbox, "export", "compose", "cash-transfer", "--size", "100", *where, **ours)
    project = (folder / ".env").read_text(encoding="utf-8").strip().partition("=")[2]
    steer = (*compose, "--project-directory", str(folder), "--file", str(folder / "docker-compose.yml"))
    try:
        run(*steer, "up", "--detach")
        opened = engine.containers.get(f"{project}_opening_1")
        assert opened.wait(timeout=60)["StatusCode"] == 0, opened.logs().decode()
        inner = engine.networks.list(names=[f"^{project}_inner$"], greedy=True)[0]
        assert inner.attrs["Internal"] is True
        assert "passed" in run(*sandbox, "play", str(folder), "--out", str(tmp_path / "evidence"), **ours)
        # Started again, what makes databases finds them made.
        run(*steer, "restart", "administrator", "seeding")
        for once in ("administrator", "seeding"):
            again = engine.containers.get(f"{project}_{once}_1")
            assert again.wait(timeout=60)["StatusCode"] == 0, again.logs().decode()
    finally:
        run(*steer, "down", "--volumes", "--timeout", "2")
    assert remains(engine, project) == []
