"""Inside a running sandbox: its clock, its faults, and what its mediator saw."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from sandbox.controlplane.access import AskedBy
from sandbox.controlplane.api.views import Page, View
from sandbox.controlplane.inside import (
    ClockAsked,
    FaultAsked,
    advance_clock,
    clear_faults,
    enter,
    find_running,
    list_faults,
    plant_fault,
    read_exchanges,
)
from sandbox.controlplane.plane import Plane
from sandbox.model.run import Exchange


class Clock(View):
    """The sandbox's date."""

    today: str


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["inside a sandbox"], prefix="/sandboxes/{name}")

    @router.post("/clock")
    def advance(name: str, asked: ClockAsked, caller: AskedBy) -> Clock:
        """Let time pass up to a day; every block does what is due until then."""
        return Clock(today=advance_clock(plane, caller, name, asked))

    @router.get("/faults")
    def faults(name: str, caller: AskedBy) -> Page[dict[str, Any]]:
        """List the faults that are planted now."""
        return Page(items=tuple(list_faults(enter(plane, find_running(plane, caller, name)))))

    @router.post("/faults", status_code=204)
    def plant(name: str, asked: FaultAsked, caller: AskedBy) -> None:
        """Plant a fault by name, on a block or one of its operations; one that is there already stays one."""
        plant_fault(plane, caller, name, asked)

    @router.delete("/faults", status_code=204)
    def clear(name: str, caller: AskedBy) -> None:
        """Remove every fault."""
        clear_faults(plane, caller, name)

    @router.get("/exchanges")
    def exchanges(
        name: str, caller: AskedBy, individual: Annotated[str, Query(max_length=100)] = ""
    ) -> Page[Exchange]:
        """Read the newest exchanges of its message log, or those about one person, the newest first."""
        running = enter(plane, find_running(plane, caller, name))
        return Page(items=tuple(read_exchanges(running, individual)))

    return router
