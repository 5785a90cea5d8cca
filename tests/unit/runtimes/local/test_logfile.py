from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.runtimes.local.logfile import BoundedLog, follow, read_tail


def test_a_log_never_takes_more_than_two_files_of_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "payments.log"
    log = BoundedLog(path, limit=1000)
    for number in range(500):
        log.append(f"line {number}")
    log.close()
    assert sum(part.stat().st_size for part in tmp_path.iterdir()) <= 2000
    assert len(list(tmp_path.iterdir())) == 2
    assert read_tail(path, 1) == ["line 499"]


def test_the_tail_reaches_into_the_file_before(tmp_path: Path) -> None:
    path = tmp_path / "payments.log"
    log = BoundedLog(path, limit=30)
    for number in range(5):
        log.append(f"line {number}")  # 7 bytes each: the fifth begins a new file
    log.close()
    assert read_tail(path, 3) == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize("lines", [0, 5])
def test_a_log_that_was_never_written_has_no_lines(tmp_path: Path, lines: int) -> None:
    assert read_tail(tmp_path / "payments.log", lines) == []


def test_a_log_that_can_not_be_written_loses_the_line_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    log = BoundedLog(folder / "payments.log")
    log.append("lost")
    folder.mkdir()
    log.append("kept")
    log.close()
    assert read_tail(folder / "payments.log", 5) == ["kept"]


def test_following_yields_what_was_there_then_what_comes_and_ends_with_the_instance(tmp_path: Path) -> None:
    path = tmp_path / "payments.log"
    log = BoundedLog(path)
    log.append("before")
    events = iter(["during", "last words", None])

    def runs() -> bool:
        line = next(events)
        if line is not None:
            log.append(line)
        return line not in ("last words", None)

    assert list(follow(path, 10, runs)) == ["before", "during", "last words"]
    log.close()
