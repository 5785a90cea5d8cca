"""The command line as a user runs it: a home of its own, and nothing left afterwards."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.runtimes.docker.engine import connect
from sandbox.runtimes.docker.labels import OWNER, owner_of


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class User:
    """Somebody with a home of their own who types commands."""

    home: Path
    runtime: str

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
        return {**kept, "SANDBOX_HOME": str(self.home), "SANDBOX_RUNTIME": self.runtime, "COLUMNS": "200"}

    def types(self, *arguments: str, timeout: float = 300) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def starts(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def remains(self) -> list[str]:
        """Name everything that is left of this user's sandboxes: there should be nothing."""
        return [*self._processes(), *self._folders(), *self._docker()]

    def _processes(self) -> list[str]:
        return [
            f"process {process.pid}: {' '.join(process.info['cmdline'])}"
            for process in psutil.process_iter(["cmdline"])
            if any(str(self.home) in word for word in process.info["cmdline"] or ())
        ]

    def _folders(self) -> list[str]:
        folders = [self.home / "sandboxes", self.home / "locks"]
        return [f"folder {path}" for folder in folders if folder.is_dir() for path in folder.iterdir()]

    def _docker(self) -> list[str]:
        if self.runtime != "docker":
            return []
        client = connect()
        wanted = {"label": f"{OWNER}={owner_of(self.home)}"}
        try:
            return [
                *(f"container {each.name}" for each in client.containers.list(all=True, filters=wanted)),
                *(f"network {each.name}" for each in client.networks.list(filters=wanted)),
                *(f"volume {each.name}" for each in client.volumes.list(filters=wanted)),
            ]
        finally:
            client.close()


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def user(request: pytest.FixtureRequest) -> Iterator[User]:
    """A user of each runtime in turn; what the test leaves up is taken down."""
    if request.param == "docker":
        request.getfixturevalue("engine")
    yield from _a_user(request.param)


@pytest.fixture
def local_user() -> Iterator[User]:
    """A user without Docker."""
    yield from _a_user("local")


def _a_user(runtime: str) -> Iterator[User]:
    home = Path(tempfile.mkdtemp(prefix="sandbox-e2e-"))
    home.chmod(0o711)  # PostgreSQL's unprivileged user passes through
    user = User(home, runtime)
    try:
        yield user
    finally:
        user.types("down", "--all")
        shutil.rmtree(home, ignore_errors=True)
