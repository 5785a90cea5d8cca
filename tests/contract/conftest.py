"""Each runtime with a home of its own, and the echo block as the program that it runs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sandbox.model.population import PopulationRef
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import Completed, InstanceSpec, Runtime, Site, SiteRequest, load_runtime
from sandbox.settings import Settings

FAKES = Path(__file__).parent.parent / "fakes"
PUBLIC = "information-mediator"


@dataclass(frozen=True)
class Bench:
    """One installation of one runtime."""

    open: Callable[[], Runtime]
    """What the next command does: it knows nothing but the home."""
    runtime: Runtime
    home: Path
    data: Path
    python_path: Callable[[Site], str]

    def request(self, name: str) -> SiteRequest:
        spec = SandboxSpec(
            name=name,
            runtime=self.runtime.info().name,
            blocks=(PUBLIC, "payments"),
            population=PopulationRef(),
            clock_start=date(2026, 1, 1),
            created=datetime(2026, 1, 2, tzinfo=UTC),
        )
        instances = (PUBLIC, "payments")
        return SiteRequest(
            spec=spec, instances=instances, public=PUBLIC, data=self.data, secret=f"root-{name}"
        )

    def prepare(self, name: str) -> Site:
        return self.runtime.prepare(self.request(name))

    def echo(self, site: Site, sandbox: str, name: str = PUBLIC, **environment: str) -> InstanceSpec:
        everything = {
            "PYTHONPATH": self.python_path(site),
            "PORT": str(site.ports.get(name, 0)),
            **environment,
        }
        return InstanceSpec(
            sandbox=sandbox, name=name, module="echo_block", environment=everything, reads_data=True
        )

    def run(self, site: Site, sandbox: str, *arguments: str) -> Completed:
        program = InstanceSpec(
            sandbox=sandbox,
            name="task",
            module="echo_block",
            arguments=arguments,
            environment={"PYTHONPATH": self.python_path(site)},
            reads_data=True,
        )
        return self.runtime.run_once(program)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A short path that an unprivileged PostgreSQL may enter; pytest's own may not be."""
    with tempfile.TemporaryDirectory(prefix="sbx-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def bench(
    request: pytest.FixtureRequest, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    driver: str = request.param
    if driver == "docker":
        request.getfixturevalue("engine")
    data = tmp_path / "data"
    shutil.copytree(FAKES / "echo_block", data / "echo_block", ignore=shutil.ignore_patterns("__pycache__"))
    # A local host process inherits the path; a container is told, and reads the package from its data.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FAKES), os.environ.get("PYTHONPATH", "")]))
    settings = Settings(home=home)

    def python_path(site: Site) -> str:
        return f"/opt/civic-sandbox/application:{site.data}"

    def open_one() -> Runtime:
        return load_runtime(driver, settings)

    runtime = open_one()
    yield Bench(open=open_one, runtime=runtime, home=home, data=data, python_path=python_path)
    for remains in runtime.list_sandboxes():
        runtime.discard(remains.name)
    runtime.list_sandboxes()
