"""The command line as a user runs it, with a home of its own and nothing left afterwards; and the stage,
one sandbox on which scenarios are played without a command around them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.calls.client import MediatorClient
from sandbox.calls.redaction import Redactor
from sandbox.lifecycle.service import Running, bring_up, reset, take_all_down, take_down
from sandbox.model.crowd import CrowdWish
from sandbox.model.run import Event, Exchange, RunFinished
from sandbox.model.scenario import Scenario
from sandbox.preparing import SandboxWish, prepare_trial
from sandbox.runner.compile import compile_scenario
from sandbox.runner.crowd import Around
from sandbox.runner.play import RunFacts, play
from sandbox.runner.play_crowd import CrowdRun, play_crowd
from sandbox.runtimes.docker.engine import connect
from sandbox.runtimes.docker.labels import OWNER, owner_of
from sandbox.settings import Settings
from tests.fakes.kept_clusters import forget_clusters
from tests.fakes.typist import the_typist


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

    def types(
        self,
        *arguments: str,
        timeout: float = 300,
        killed: tuple[str, int, str] | None = None,
        **environment: str,
    ) -> Ended:
        """Type a command and wait for its end; `killed` says how it is cut short (kill_at.py)."""
        return Ended(*the_typist().types(arguments, {**self.environment, **environment}, timeout, killed))

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
    yield from a_user(request.param)


@pytest.fixture
def local_user() -> Iterator[User]:
    """A user without Docker."""
    yield from a_user("local")


def a_user(runtime: str) -> Iterator[User]:
    """Somebody with a fresh home; afterwards everything of theirs is gone."""
    home = Path(tempfile.mkdtemp(prefix="sandbox-e2e-"))
    home.chmod(0o711)  # PostgreSQL's unprivileged user passes through
    user = User(home, runtime)
    try:
        yield user
    finally:
        user.types("down", "--all")
        if runtime == "docker":
            with closing(connect()) as engine:
                forget_clusters(engine, home)
        shutil.rmtree(home, ignore_errors=True)


class Stage:
    """One sandbox on which variants of the scenario are played; each begins with a reset."""

    def __init__(self, home: Path, slug: str, size: int) -> None:
        self.settings = Settings(home=home)
        self.tools = make_tools(self.settings, "local")
        self.catalog = make_catalog(self.settings)
        self.scenario = self.catalog.scenario(slug)
        prepared = prepare_trial(
            self.settings,
            self.tools,
            self.catalog,
            SandboxWish(name=slug, size=size),
            scenario=compile_scenario(self.scenario, self.catalog.interfaces(self.scenario)),
        )
        self.population = prepared.wish.population
        self.running: Running = bring_up(self.tools, prepared.wish)

    def crowd(self, journeys: int, concurrency: int) -> CrowdRun:
        """Play the journey of many citizens on a sandbox as it was seeded."""
        reset(self.tools, self.running.spec.name)
        secrets = self.running.secrets.all(self.running.instances)
        return play_crowd(
            compile_scenario(self.scenario, self.catalog.interfaces(self.scenario)),
            CrowdWish(journeys=journeys, concurrency=concurrency),
            facts=self._facts,
            around=Around(
                open_caller=lambda: MediatorClient(self.running.site.public_url, self.running.secrets.token),
                clock=lambda: datetime.now(UTC),
                sleep=time.sleep,
                make_redactor=lambda: Redactor(secrets),
                mediator_url=self.running.site.public_url,
            ),
            listeners=(),
            inputs={},
            redactor=Redactor(secrets),
        )

    @property
    def _facts(self) -> RunFacts:
        spec = self.running.spec
        return RunFacts(
            run="test",
            sandbox=spec.name,
            runtime=spec.runtime,
            population=spec.population,
            population_digest=spec.population_digest,
        )

    @cached_property
    def as_shipped(self) -> tuple[RunFinished, list[Event], list[Exchange]]:
        """The first play of the scenario as it is shipped, for all who only look at how that went."""
        with self.running.gate() as gate:
            before = max((each.number for each in gate.exchanges()), default=0)
            return *self.play(self.scenario), gate.exchanges(since=before)

    def play(self, scenario: Scenario, **inputs: Any) -> tuple[RunFinished, list[Event]]:
        heard: list[Event] = []
        secrets = self.running.secrets.all(self.running.instances)
        with MediatorClient(self.running.site.public_url, self.running.secrets.token) as caller:
            finished = play(
                compile_scenario(scenario, self.catalog.interfaces(scenario)),
                facts=self._facts,
                caller=caller,
                listeners=(heard.append,),
                inputs=inputs,
                redactor=Redactor(secrets),
                clock=lambda: datetime.now(UTC),
                sleep=time.sleep,
            )
        return finished, heard


@pytest.fixture(scope="session")
def stages() -> Iterator[Path]:
    """The home of every stage: what one of them loaded and read, the next one finds."""
    home = Path(tempfile.mkdtemp(prefix="sandbox-e2e-"))
    home.chmod(0o711)  # PostgreSQL's unprivileged user passes through
    yield home
    take_all_down(make_tools(Settings(home=home), "local"))
    shutil.rmtree(home, ignore_errors=True)


def a_stage(home: Path, slug: str, size: int) -> Iterator[Stage]:
    """A sandbox for one scenario; afterwards nothing of it is left."""
    stage = Stage(home, slug, size)
    yield stage
    take_down(stage.tools, stage.running.spec.name)


@pytest.fixture(scope="session")
def stage(stages: Path) -> Iterator[Stage]:
    """The one sandbox of all tests that only play; brought up for the first of them."""
    yield from a_stage(stages, "cash-transfer", size=1000)
