"""Pages about the inside of a running sandbox: its exchanges, who saw whom, what an exercise changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from sandbox.controlplane.access import AskedBy
from sandbox.controlplane.console.forms import FormBy
from sandbox.controlplane.console.rendering import render
from sandbox.controlplane.inside import (
    MOST_SHOWN,
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
from sandbox.controlplane.orders import order_change
from sandbox.controlplane.plane import Plane
from sandbox.lifecycle.checkpoints import list_checkpoints_of
from sandbox.lifecycle.inboxes import open_inbox
from sandbox.model.faults import FAULTS
from sandbox.model.run import Exchange
from sandbox.store.jobs import Job

Said = Annotated[str, Form(max_length=200)]
CheckpointNamed = Annotated[str, Form(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


@dataclass(slots=True)
class Sight:
    """One who was given data of a person, and for what."""

    who: str
    purpose: str
    basis: str
    first: datetime
    last: datetime
    times: int = 0
    fields: set[str] = field(default_factory=set)


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(include_in_schema=False, prefix="/sandboxes/{name}")
    _look(router, plane)
    _change(router, plane)
    return router


def _look(router: APIRouter, plane: Plane) -> None:
    @router.get("/exchanges")
    def exchanges(
        name: str, request: Request, caller: AskedBy, individual: Annotated[str, Query(max_length=100)] = ""
    ) -> Response:
        row = find_running(plane, caller, name)
        found = read_exchanges(enter(plane, row), individual.strip())
        return render(
            request,
            "exchanges.html.j2",
            caller=caller,
            sandbox=row,
            individual=individual.strip(),
            exchanges=found,
            sights=who_saw(found) if individual.strip() else [],
            most=MOST_SHOWN,
        )

    @router.get("/controls")
    def controls(name: str, request: Request, caller: AskedBy) -> Response:
        row = find_running(plane, caller, name)
        running = enter(plane, row)
        newest = read_exchanges(running)
        values: dict[str, Any] = {
            "today": newest[0].today if newest else running.spec.clock_start.isoformat(),
            "planted": list_faults(running),
            "checkpoints": list_checkpoints_of(running),
            "blocks": running.spec.blocks,
        }
        return render(
            request, "controls.html.j2", caller=caller, sandbox=row, faults=FAULTS.values(), **values
        )


def _change(router: APIRouter, plane: Plane) -> None:
    def back(name: str, page: str = "/controls") -> Response:
        return RedirectResponse(f"/sandboxes/{name}{page}", status_code=303)

    @router.post("/inbox")
    def inbox(
        name: str, request: Request, caller: FormBy, person: Annotated[str, Form(max_length=64)]
    ) -> Response:
        row = find_running(plane, caller, name)
        link = open_inbox(enter(plane, row), person.strip())
        return render(request, "inbox.html.j2", caller=caller, sandbox=row, person=person.strip(), link=link)

    @router.post("/controls/clock")
    def clock(name: str, caller: FormBy, to: Annotated[date, Form()]) -> Response:
        advance_clock(plane, caller, name, ClockAsked(to=to))
        return back(name)

    @router.post("/controls/fault")
    def fault(
        name: str, caller: FormBy, fault: Said, block: Said, operation: Said = "", times: Said = ""
    ) -> Response:
        asked = {"fault": fault, "block": block, "operation": operation.strip() or None}
        count = int(times) if times.isascii() and times.isdecimal() and 0 < len(times) < 7 else None
        plant_fault(plane, caller, name, FaultAsked.model_validate({**asked, "times": count or None}))
        return back(name)

    @router.post("/controls/no-fault")
    def no_fault(name: str, caller: FormBy) -> Response:
        clear_faults(plane, caller, name)
        return back(name)

    @router.post("/controls/save")
    def save(name: str, caller: FormBy, checkpoint: CheckpointNamed) -> Response:
        order_change(plane, caller, name, Job.SAVE, {"checkpoint": checkpoint})
        return back(name, "")

    @router.post("/controls/restore")
    def restore(name: str, caller: FormBy, checkpoint: CheckpointNamed) -> Response:
        order_change(plane, caller, name, Job.RESTORE, {"checkpoint": checkpoint})
        return back(name, "")


def who_saw(exchanges: Iterable[Exchange]) -> list[Sight]:
    """Say who was given personal data, for which purpose and on which basis; refused calls gave nothing."""
    seen: dict[tuple[str, str, str], Sight] = {}
    for each in exchanges:
        if each.refused or not each.fields:
            continue
        key = (each.recipient or each.client, each.purpose, each.legal_basis)
        sight = seen.setdefault(key, Sight(*key, first=each.at, last=each.at))
        sight.first, sight.last = min(sight.first, each.at), max(sight.last, each.at)
        sight.times += 1
        sight.fields.update(pointer.rpartition("/")[2] for pointer in each.fields)
    return sorted(seen.values(), key=lambda sight: (-sight.times, sight.who))
