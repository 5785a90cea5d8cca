"""The limit of what is kept: longest unused goes first, and never what somebody uses."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.lifecycle.caching import list_cache, trim
from sandbox.model.population import PopulationRef
from sandbox.population import ensure, load_pack
from sandbox.runtime import KeptDatabase, Loaded
from sandbox.settings import CONTENT_ROOT

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class ShelfKeeper:
    """Keeps databases in a list."""

    databases: list[KeptDatabase] = field(default_factory=list)
    restores_late: bool = True

    def restore(self, sandbox: str, wanted: Sequence[Loaded]) -> Sequence[Loaded]:
        return []

    def keep(self, sandbox: str, loaded: Sequence[Loaded], data: Path) -> None:
        return None

    def kept(self) -> Sequence[KeptDatabase]:
        return list(self.databases)

    def forget(self, keys: Sequence[str]) -> None:
        self.databases = [each for each in self.databases if each.key not in keys]


def keeper(*days_unused: float, size: int = 100) -> ShelfKeeper:
    return ShelfKeeper(
        [
            KeptDatabase(
                key=f"key-{days:g}",
                block="payments",
                population=f"digest-{days:g}",
                stored_bytes=size,
                used=NOW - timedelta(days=days),
            )
            for days in days_unused
        ]
    )


def left(keeper: ShelfKeeper) -> list[str]:
    return [each.key for each in keeper.databases]


def test_what_was_unused_longest_goes_first_and_no_more_than_must(tmp_path: Path) -> None:
    kept = keeper(1, 3, 2)
    gone = trim(list_cache(tmp_path, [kept], ()), 150, NOW)
    assert [item.name for item in gone] == ["payments key-3", "payments key-2"]
    assert left(kept) == ["key-1"]


def test_below_the_limit_nothing_goes(tmp_path: Path) -> None:
    kept = keeper(1, 2)
    assert trim(list_cache(tmp_path, [kept], ()), 200, NOW) == []
    assert left(kept) == ["key-1", "key-2"]


def test_what_a_sandbox_uses_stays_however_old(tmp_path: Path) -> None:
    kept = keeper(1, 9)
    trim(list_cache(tmp_path, [kept], {"digest-9"}), 0, NOW)
    assert left(kept) == ["key-9"]


def test_what_a_command_may_be_about_to_use_stays(tmp_path: Path) -> None:
    kept = keeper(0, 1)
    trim(list_cache(tmp_path, [kept], ()), 0, NOW)
    assert left(kept) == ["key-0"]


def populate(home: Path) -> Path:
    pack = load_pack(CONTENT_ROOT, "zz")
    folder, _ = ensure(pack, PopulationRef(size=10), home / "populations")
    return folder


def test_a_population_goes_whole_and_is_made_again_when_it_is_asked_for(tmp_path: Path) -> None:
    folder = populate(tmp_path)
    os.utime(folder, (0, 0))
    gone = trim(list_cache(tmp_path, [], ()), 0, NOW)
    assert [(item.kind, item.name) for item in gone] == [("population", folder.name)]
    assert list_cache(tmp_path, [], ()) == []
    assert populate(tmp_path) == folder


def test_asking_for_a_population_again_counts_as_using_it(tmp_path: Path) -> None:
    folder = populate(tmp_path)
    os.utime(folder, (0, 0))
    populate(tmp_path)
    (item,) = list_cache(tmp_path, [], ())
    assert item.used.year > 1970


def test_a_population_that_somebody_is_making_stays(tmp_path: Path) -> None:
    folder = populate(tmp_path)
    with (folder.parent / ".locks" / folder.name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (item,) = list_cache(tmp_path, [], ())
        assert not item.remove()
    assert (folder / "manifest.json").exists()


def test_what_killed_commands_left_is_listed_as_such(tmp_path: Path) -> None:
    folder = populate(tmp_path)
    (folder.parent / f".{folder.name}.abcdefgh.partial").mkdir()
    assert sorted(item.kind for item in list_cache(tmp_path, [], ())) == ["left-over", "population"]
