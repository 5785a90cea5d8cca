"""An installation of the benchmark's own: home, content as it was when measuring began, sandboxes.

The content is a snapshot: an edit while measuring would be another image, and its building
would be measured as somebody's start. Nothing of the user's own installation is touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.bootstrap import make_catalog, make_tools
from sandbox.errors import RuntimeUnavailable
from sandbox.lifecycle.service import Running, Tools, Wish, bring_up, take_all_down, take_down
from sandbox.preparing import SandboxWish, look_up_scenario, prepare_trial
from sandbox.runtimes.docker.clusters import Shelf
from sandbox.runtimes.docker.engine import connect
from sandbox.settings import CONTENT_ROOT, Settings

SCENARIO = "cash-transfer"
_CONTENT = ("blockkit", "blocks", "compose", "datasets", "sandbox", "scenarios")


@dataclass(frozen=True, slots=True)
class Installation:
    """Where sandboxes are measured, and of which blocks. Without `blocks`: those of the scenario."""

    scratch: Path
    blocks: Sequence[str]
    full: bool = False
    """Also what takes many minutes: ten million citizens."""

    @property
    def settings(self) -> Settings:
        """Settings with a home and a content of their own."""
        return Settings(home=self.scratch / "home", content=self.scratch / "content")

    @property
    def wanted(self) -> list[str]:
        """What is started, in the words of the command line."""
        return [f"--block={slug}" for slug in self.blocks] if self.blocks else [SCENARIO]

    @property
    def complaints(self) -> Path:
        """What the last command said to its user."""
        return self.scratch / "complaints"

    def tools(self, runtime: str) -> Tools:
        """Open a runtime. Raises RuntimeUnavailable."""
        return make_tools(self.settings, runtime)

    def prepare(self, tools: Tools, name: str, size: int) -> Wish:
        """Look everything up and generate the citizens, so that only starting is left to measure."""
        catalog = make_catalog(self.settings)
        return prepare_trial(
            self.settings,
            tools,
            catalog,
            SandboxWish(name=name, size=size),
            scenario=None if self.blocks else look_up_scenario(catalog, SCENARIO),
            blocks=self.blocks,
        ).wish

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the command line as a user of this installation would."""
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("SANDBOX_")},
            "SANDBOX_HOME": str(self.settings.home),
            "SANDBOX_CONTENT": str(self.settings.content),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=self.complaints.open("wb"),
        )


@contextmanager
def installed(blocks: Sequence[str], *, full: bool = False) -> Iterator[Installation]:
    """Make an installation, and remove it with every sandbox in it."""
    scratch = Path(tempfile.mkdtemp(prefix="sandbox-bench-", dir="/tmp"))
    scratch.chmod(0o711)  # PostgreSQL's unprivileged user passes through
    installation = Installation(scratch, blocks, full)
    try:
        _take_content(installation.settings.content)
        yield installation
    finally:
        for runtime in ("local", "docker"):
            _clear(installation, runtime)
        shutil.rmtree(scratch)


@contextmanager
def sandbox_up(tools: Tools, wish: Wish) -> Iterator[Running]:
    """Have a sandbox for the time of a measurement."""
    running = bring_up(tools, wish)
    try:
        yield running
    finally:
        take_down(tools, wish.spec.name)


def await_kept(tools: Tools) -> None:
    """Wait until nothing is being kept any more: it would take its time from what is measured next."""
    engine = connect()
    try:
        for container in Shelf(engine, tools.home).listed():
            engine.api.wait(container["Id"])
    finally:
        engine.close()


def _take_content(target: Path) -> None:
    for tree in _CONTENT:
        shutil.copytree(CONTENT_ROOT / tree, target / tree, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CONTENT_ROOT / "constraints.txt", target)


def _clear(installation: Installation, runtime: str) -> None:
    try:
        tools = installation.tools(runtime)
        take_all_down(tools)
        await_kept(tools)
        if tools.keeper is not None:
            tools.keeper.forget([each.key for each in tools.keeper.kept()])
    except RuntimeUnavailable:
        return  # nothing of ours can be on what is not there
