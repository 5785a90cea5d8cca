"""When the cache of a database's file is given back, and when it is left to whoever reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from blockkit.page_cache import AT_REST_AFTER, GIVEN_UP_AFTER, LOOKS_EVERY, release


class Base:
    """A server's folder of databases, with the hands of its clock in the test's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.now = folder, 1_000_000.0
        self.told: list[str] = []
        monkeypatch.setattr(os, "posix_fadvise", self._hear)

    def write(self, name: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("rows")
        os.utime(path, (self.now, self.now))

    def look(self, *, after: float) -> list[str]:
        self.now += after
        self.told.clear()
        release(str(self.folder), self.now)
        return sorted(self.told)

    def _hear(self, descriptor: int, start: int, length: int, advice: int) -> None:
        assert (start, length, advice) == (0, 0, os.POSIX_FADV_DONTNEED)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        self.told.append(path.relative_to(self.folder.resolve()).as_posix())


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Base:
    return Base(tmp_path, monkeypatch)


def test_a_file_at_rest_is_given_back_and_then_left_to_its_readers(base: Base) -> None:
    base.write("1/100")
    assert base.look(after=AT_REST_AFTER / 2) == []
    assert base.look(after=AT_REST_AFTER) == ["1/100"]
    assert base.look(after=GIVEN_UP_AFTER) == []


def test_what_was_still_dirty_is_given_back_in_a_later_round(base: Base) -> None:
    base.write("1/100")
    rounds = [base.look(after=LOOKS_EVERY) for _ in range(int(GIVEN_UP_AFTER / LOOKS_EVERY))]
    assert rounds.count(["1/100"]) >= 2


def test_a_file_written_again_is_given_back_again(base: Base) -> None:
    base.write("1/100")
    base.look(after=GIVEN_UP_AFTER)
    base.write("1/100")
    assert base.look(after=0) == []
    assert base.look(after=AT_REST_AFTER) == ["1/100"]


def test_a_file_that_vanishes_while_it_is_looked_at_is_passed_over(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    base.write("1/100")
    base.write("1/200")
    opened = os.open

    def vanishing(path: str, flags: int) -> int:
        if path.endswith("100"):
            Path(path).unlink()
        return opened(path, flags)

    monkeypatch.setattr(os, "open", vanishing)
    assert base.look(after=AT_REST_AFTER) == ["1/200"]
