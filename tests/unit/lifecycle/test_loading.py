"""Databases are cloned where they are kept; where not, one command loads and keeps, the others clone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier

import pytest

from sandbox.errors import RuntimeFailure, StartFailed
from sandbox.lifecycle.instances import Layout
from sandbox.lifecycle.loading import keepable, load_databases
from sandbox.lifecycle.secrets import Secrets
from sandbox.model.block import BlockDescriptor, Loader
from sandbox.model.population import PopulationRef
from sandbox.model.sandbox import SandboxSpec
from sandbox.runtime import Completed, DatabaseSite, KeptDatabase, Loaded, Site
from tests.fakes.runtimes import QuietRuntime


@dataclass
class MemoryKeeper:
    """Keeps keys; `refuses` is what it says instead of keeping."""

    keys: set[str] = field(default_factory=set)
    refuses: str = ""
    everybody_looks: Barrier | None = None
    looked: set[str] = field(default_factory=set)
    restores_late: bool = True

    def restore(self, sandbox: str, wanted: Sequence[Loaded]) -> Sequence[Loaded]:
        found = [each for each in wanted if each.key in self.keys]
        if self.everybody_looks is not None and sandbox not in self.looked:
            self.looked.add(sandbox)
            self.everybody_looks.wait(timeout=30)
        return found

    def keep(self, sandbox: str, loaded: Sequence[Loaded], data: Path) -> None:
        if self.refuses:
            raise RuntimeFailure(self.refuses)
        self.keys |= {each.key for each in loaded}

    def kept(self) -> Sequence[KeptDatabase]:
        return []

    def forget(self, keys: Sequence[str]) -> None:
        return None


def layout(name: str = "one", loader: str = "blocks.consent.seed") -> Layout:
    spec = SandboxSpec(
        name=name,
        runtime="quiet",
        blocks=("information-mediator", "consent"),
        population=PopulationRef(),
        population_digest="digest",
        clock_start=date(2026, 1, 1),
        created=datetime(2026, 1, 2, tzinfo=UTC),
    )
    database = DatabaseSite(host="127.0.0.1", port=1, user="a", password="p", prefix=f"sbx_{name}")
    site = Site(addresses={}, ports={}, public_url="", database=database, data="/data", secret="root")
    blocks = {
        slug: BlockDescriptor(
            name=slug, slug=slug, summary="A block.", module="m", seed=Loader(loader=module)
        )
        for slug, module in (
            ("information-mediator", "blocks.information_mediator.seed"),
            ("consent", loader),
        )
    }
    return Layout(spec=spec, site=site, secrets=Secrets("root"), blocks=blocks)


def loads(runtime: QuietRuntime) -> int:
    return sum(call[0] == "run_once" for call in runtime.calls)


def bring(runtime: QuietRuntime, keeper: MemoryKeeper | None, home: Path, name: str = "one") -> list[str]:
    (home / "population").mkdir(exist_ok=True)
    told: list[str] = []
    laid = layout(name)
    wanted = keepable(laid.spec, laid.blocks, laid.candidates, home / "population")
    load_databases(runtime, keeper, home, laid, wanted, home / "population", told.append)
    return told


def test_the_second_sandbox_is_cloned(tmp_path: Path) -> None:
    runtime, keeper = QuietRuntime(), MemoryKeeper()
    assert bring(runtime, keeper, tmp_path)[-1] == "loading citizens into the blocks"
    assert bring(runtime, keeper, tmp_path, "two") == ["cloning loaded databases"]


def test_the_mediators_own_database_is_never_kept(tmp_path: Path) -> None:
    keeper = MemoryKeeper()
    bring(QuietRuntime(), keeper, tmp_path)
    assert len(keeper.keys) == 1


def test_a_copy_that_finds_no_room_does_not_stop_the_sandbox(tmp_path: Path) -> None:
    runtime = QuietRuntime()
    bring(runtime, MemoryKeeper(refuses="no space is left"), tmp_path)
    assert loads(runtime) == 1


def test_a_load_that_fails_keeps_nothing_and_gives_its_turn_away(tmp_path: Path) -> None:
    keeper = MemoryKeeper()
    broken = QuietRuntime(outcomes={"seeding": Completed(exit_code=1, log_tail="column x is missing")})
    for _ in range(2):
        with pytest.raises(StartFailed) as failure:
            bring(broken, keeper, tmp_path)
        assert failure.value.log_tail == "column x is missing"
    assert keeper.keys == set()


def test_of_twenty_at_the_same_moment_one_keeps_and_all_are_filled(tmp_path: Path) -> None:
    (tmp_path / "population").mkdir()
    keeper = MemoryKeeper(everybody_looks=Barrier(20))
    with ThreadPoolExecutor(max_workers=20) as workers:
        told = list(workers.map(lambda n: bring(QuietRuntime(), keeper, tmp_path, f"s{n}"), range(20)))
    assert len(told) == 20
    assert sum("loading citizens into the blocks" in each for each in told) == 1


def test_where_nothing_can_come_later_nobody_waits_for_another(tmp_path: Path) -> None:
    (tmp_path / "population").mkdir()
    keeper = MemoryKeeper(everybody_looks=Barrier(2), restores_late=False)
    with ThreadPoolExecutor(max_workers=2) as workers:
        told = list(workers.map(lambda n: bring(QuietRuntime(), keeper, tmp_path, f"s{n}"), range(2)))
    assert all("loading citizens into the blocks" in each for each in told)
    assert len(keeper.keys) == 1
