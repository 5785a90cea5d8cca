"""When the cache of a database's files is given back, and when it is left to whoever reads."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from blockkit.page_cache import LOOKS_EVERY, QUIET_FOR, ROUNDS, Known, look


class Base:
    """A server's folder of databases, with the hands of its clock in the test's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.now, self.known = folder, 1_000.0, Known()
        self.told: list[str] = []
        monkeypatch.setattr(os, "posix_fadvise", self._hear)

    def write(self, name: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("rows")

    def look(self, *, after: float = LOOKS_EVERY) -> list[str]:
        self.now += after
        self.told.clear()
        look(str(self.folder), self.known, self.now)
        return sorted(self.told)

    def _hear(self, descriptor: int, start: int, length: int, advice: int) -> None:
        assert (start, length, advice) == (0, 0, os.POSIX_FADV_DONTNEED)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        self.told.append(path.relative_to(self.folder.resolve()).as_posix())


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Base:
    return Base(tmp_path, monkeypatch)


def test_a_database_is_given_back_in_a_few_rounds_and_then_left_to_its_readers(base: Base) -> None:
    base.write("1/100")
    base.write("1/200")
    assert base.look() == []
    assert base.look(after=QUIET_FOR) == ["1/100", "1/200"]
    rounds = [base.look() for _ in range(5)]
    assert rounds.count(["1/100", "1/200"]) == ROUNDS - 1
    assert rounds[-1] == []


def test_nothing_is_given_back_while_databases_still_come(base: Base) -> None:
    for number in range(10):
        base.write(f"{number}/100")
        assert base.look() == []
    assert len(base.look(after=QUIET_FOR)) == 10


def test_the_databases_of_a_reset_are_given_back_and_the_old_ones_are_not_again(base: Base) -> None:
    base.write("1/100")
    for _ in range(6):
        base.look()
    base.write("2/100")
    shutil.rmtree(base.folder / "1")
    assert [base.look() for _ in range(6)].count(["2/100"]) == ROUNDS
    base.write("1/100")  # the number comes again for another database
    assert [base.look() for _ in range(6)].count(["1/100"]) == ROUNDS


def test_a_file_that_vanishes_while_it_is_looked_at_is_passed_over(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.write("1/100")
    base.write("1/200")
    base.look()
    opened = os.open

    def vanishing(path: str, flags: int) -> int:
        if path.endswith("100"):
            Path(path).unlink()
        return opened(path, flags)

    monkeypatch.setattr(os, "open", vanishing)
    assert base.look(after=QUIET_FOR) == ["1/200"]


def test_a_database_that_is_dropped_while_it_is_looked_at_is_passed_over(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.write("1/100")
    base.write("2/100")
    base.look()
    listed = os.scandir

    def vanishing(path: str) -> object:
        if path.endswith("/1"):
            (base.folder / "1" / "100").unlink()
            (base.folder / "1").rmdir()
        return listed(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    assert base.look(after=QUIET_FOR) == ["2/100"]
