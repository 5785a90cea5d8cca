"""A block that is away for a moment is another thing than a refusal: it is worth asking again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.calls.gate import AWAY
from sandbox.controls.login import _no
from sandbox.controls.routes import clock
from sandbox.errors import BlockUnreachable, RequestRefused


class Desk:
    """A desk whose gate finds a block away for the first times that it moves the clocks."""

    def __init__(self, away: int) -> None:
        self.away = away
        self.moved: list[tuple[int, int]] = []

    @contextmanager
    def gate(self) -> Any:
        yield self

    def set_clock(self, offset: int, epoch: int) -> str:
        self.moved.append((offset, epoch))
        if len(self.moved) <= self.away:
            raise BlockUnreachable("some blocks did not move their clock")
        return "2026-02-01"


def test_the_clocks_are_moved_to_one_offset_however_often_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "TRIES_EVERY", 0)
    desk = Desk(away=3)
    assert clock._move(desk, 86_400, 2) == "2026-02-01"
    assert desk.moved == [(86_400, 2)] * 4


def test_a_block_that_stays_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "TRIES_EVERY", 0)
    desk = Desk(away=1000)
    with pytest.raises(BlockUnreachable):
        clock._move(desk, 86_400, 2)
    assert len(desk.moved) == clock.TRIES


@pytest.mark.parametrize("status", sorted(AWAY))
def test_who_is_away_is_answered_as_such_by_the_log_in(status: int) -> None:
    assert isinstance(_no(status, "identity is away"), BlockUnreachable)
    assert isinstance(_no(403, "identity refused"), RequestRefused)
