"""The sandbox's clock."""

from __future__ import annotations

import time
from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel

from sandbox.controls.desk import Desk
from sandbox.errors import BlockUnreachable

TRIES = 30
TRIES_EVERY = 0.5
"""Seconds."""


class Jump(BaseModel):
    days: int | None = None
    to: date | None = None


class ClockSetting(BaseModel):
    offset_seconds: int
    epoch: int = 0


def make_router(desk: Desk) -> APIRouter:
    """Serve it."""
    router = APIRouter()

    @router.post("/clock")
    def advance_clock(jump: Jump) -> dict[str, str]:
        offset = desk.timepiece.later(days=jump.days, to=jump.to)
        return {"today": _move(desk, offset, desk.timepiece.epoch)}

    @router.post("/_sandbox/clock", include_in_schema=False)
    def set_clock(setting: ClockSetting) -> dict[str, str]:
        desk.timepiece.set_offset(setting.offset_seconds, setting.epoch)
        desk.notes.keep_clock(setting.offset_seconds, setting.epoch)
        return {"today": desk.timepiece.today().isoformat()}

    return router


def _move(desk: Desk, offset: int, epoch: int) -> str:
    """Move every block's clock to one offset, and try again for one that is being started.

    Whoever asked can't: those that have moved already would go on by as many days once more.
    """
    for left in reversed(range(TRIES)):
        try:
            with desk.gate() as gate:
                return gate.set_clock(offset, epoch)
        except BlockUnreachable:
            if not left:
                raise
            time.sleep(TRIES_EVERY)
    raise AssertionError("the last try returns or raises")
