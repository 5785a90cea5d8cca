"""The worker goes on whatever a step does, asks before it works, and waits longer the more has failed."""

from __future__ import annotations

import logging
import threading

import pytest

from blockkit.worker import Worker, grow

LOG = logging.getLogger("test")


def test_a_step_that_breaks_stops_neither_the_others_nor_itself(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []
    done = threading.Event()

    def broken() -> bool:
        calls.append("broken")
        raise RuntimeError("the database went away")

    def sound() -> bool:
        calls.append("sound")
        if calls.count("broken") == 2:
            done.set()
        return True

    worker = Worker("test", LOG, lambda: not done.is_set(), (broken, sound))
    worker.start()
    assert done.wait(30)
    worker.stop()
    assert calls[:4] == ["broken", "sound", "broken", "sound"]
    assert "the database went away" in caplog.text


def test_without_work_no_step_is_taken() -> None:
    asked = threading.Event()

    def nothing() -> bool:
        asked.set()
        return False

    worker = Worker("test", LOG, nothing, (lambda: pytest.fail("there was nothing to do"),))
    worker.start()
    assert asked.wait(30)
    worker.stop()


def test_pauses_grow_to_a_limit() -> None:
    pauses = [grow(failures) for failures in range(1, 10)]
    assert pauses[0] == 0.5
    assert pauses == sorted(pauses)
    assert pauses[-1] == grow(10_000) == 15.0
