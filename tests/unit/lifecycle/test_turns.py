"""One does a piece of work for all: who waits learns that it was done, or that it must be looked at again."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

from sandbox.lifecycle.locks import take_turn


def test_the_first_does_the_work_and_the_others_wait_for_its_end(tmp_path: Path) -> None:
    told: list[str] = []
    waiting = Event()

    def other() -> None:
        waiting.set()
        with take_turn(tmp_path / "turns", "work") as ours:
            told.append("ours" if ours else "done by another")

    with take_turn(tmp_path / "turns", "work") as ours:
        assert ours
        thread = Thread(target=other)
        thread.start()
        waiting.wait()
        told.append("finished")
    thread.join()
    assert told[0] == "finished"
    assert len(told) == 2


def test_a_turn_that_ended_is_free_again_and_leaves_no_file(tmp_path: Path) -> None:
    for _ in range(2):
        with take_turn(tmp_path / "turns", "work") as ours:
            assert ours
    assert list((tmp_path / "turns").iterdir()) == []


def test_other_work_is_not_waited_for(tmp_path: Path) -> None:
    with take_turn(tmp_path / "turns", "one") as first, take_turn(tmp_path / "turns", "two") as second:
        assert first
        assert second
