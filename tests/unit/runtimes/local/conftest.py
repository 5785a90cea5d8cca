"""A home that an unprivileged PostgreSQL may enter, and requests for sandboxes in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sandbox.model.population import PopulationRef
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import SiteRequest
from sandbox.runtimes.local.driver import LocalRuntime

FAKES = Path(__file__).parents[3] / "fakes"
MakeRequest = Callable[[str], SiteRequest]


@pytest.fixture(scope="module")
def home_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sbx-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
def runtime(home_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRuntime]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FAKES), os.environ.get("PYTHONPATH", "")]))
    runtime = LocalRuntime(home_path)
    yield runtime
    for remains in runtime.list_sandboxes():
        runtime.discard(remains.name)
    runtime.list_sandboxes()


@pytest.fixture
def request_for(tmp_path: Path) -> MakeRequest:
    def make(name: str) -> SiteRequest:
        spec = SandboxSpec(
            name=name,
            runtime="local",
            blocks=("information-mediator", "payments"),
            population=PopulationRef(),
            clock_start=date(2026, 1, 1),
            created=datetime(2026, 1, 2, tzinfo=UTC),
        )
        return SiteRequest(
            spec=spec,
            instances=("information-mediator", "payments"),
            public="information-mediator",
            data=tmp_path,
            secret="root",
        )

    return make
