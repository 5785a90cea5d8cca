"""The sandbox's clock."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel

from sandbox.controls.desk import Desk


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
        with desk.gate() as gate:
            return {"today": gate.set_clock(offset, desk.timepiece.epoch)}

    @router.post("/_sandbox/clock", include_in_schema=False)
    def set_clock(setting: ClockSetting) -> dict[str, str]:
        desk.timepiece.set_offset(setting.offset_seconds, setting.epoch)
        desk.notes.keep_clock(setting.offset_seconds, setting.epoch)
        return {"today": desk.timepiece.today().isoformat()}

    return router
