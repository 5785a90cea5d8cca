"""When the cache of a database's file is given back, and when it is left to whoever reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from blockkit.page_cache import AT_REST_AFTER, ROUNDS, release


class Base:
    """A server's folder of databases, with the hands of its clock in the test's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.now = folder, 1_000_000.0
        self.told: list[str] = []
        self._given: dict[str, tuple[int, int]] = {}
        monkeypatch.setattr(os, "posix_fadvise", self._hear)

    def write(self, name: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("rows")
        os.utime(path, (self.now, self.now))

    def look(self, *, after: float) -> list[str]:
        self.now += after
        self.told.clear()
        release(str(self.folder), self._given, self.now)
        return sorted(self.told)

    def _hear(self, descriptor: int, start: int, length: int, advice: int) -> None:
        assert (start, length, advice) == (0, 0, os.POSIX_FADV_DONTNEED)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        self.told.append(path.relative_to(self.folder.resolve()).as_posix())


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Base:
    return Base(tmp_path, monkeypatch)


def test_a_file_at_rest_is_given_back_once_and_then_left_to_its_readers(base: Base) -> None:
    base.write("1/100")
    assert base.look(after=AT_REST_AFTER / 2) == []
    for _ in range(ROUNDS):
        assert base.look(after=AT_REST_AFTER) == ["1/100"]
    assert base.look(after=AT_REST_AFTER) == []


def test_a_file_written_again_is_given_back_again(base: Base) -> None:
    base.write("1/100")
    for _ in range(ROUNDS + 1):
        base.look(after=AT_REST_AFTER)
    base.write("1/100")
    assert base.look(after=0) == []
    assert base.look(after=AT_REST_AFTER) == ["1/100"]


def test_a_dropped_database_is_forgotten_and_its_successor_is_not_mistaken_for_it(base: Base) -> None:
    base.write("1/100")
    base.write("2/100")
    for _ in range(ROUNDS):
        base.look(after=AT_REST_AFTER)
    (base.folder / "1/100").unlink()
    assert base.look(after=AT_REST_AFTER) == []
    base.write("1/100")
    assert base.look(after=AT_REST_AFTER) == ["1/100"]


def test_a_file_that_vanishes_while_it_is_looked_at_is_passed_over(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.write("1/100")
    base.write("1/200")
    opened = os.open

    def vanishing(path: str, flags: int) -> int:
        Path(path).unlink(missing_ok=path.endswith("100"))
        return opened(path, flags)

    monkeypatch.setattr(os, "open", vanishing)
    assert base.look(after=AT_REST_AFTER) == []
