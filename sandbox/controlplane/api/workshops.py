"""Workshops: open one, take a seat in it, see who sits where, close it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import StringConstraints

from sandbox.controlplane.access import Trainer, address_of
from sandbox.controlplane.api.sandboxes import Key, Most
from sandbox.controlplane.api.views import Page, View
from sandbox.controlplane.joining import join
from sandbox.controlplane.plane import Plane
from sandbox.controlplane.workshops import close_workshop, note_help, order_workshop
from sandbox.model.asking import WorkshopAsked
from sandbox.model.block import Frozen
from sandbox.store import workshops
from sandbox.store.schema import WorkshopRow
from sandbox.store.workshops import Seat

Short = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Joining(Frozen):
    """Somebody who wants a seat, or theirs again."""

    code: Short
    name: Short
    pin: Short
    """Of 4 to 8 digits; chosen when joining, asked for when joining again."""


class SeatView(View):
    """A seat, its sandbox, and who sits there."""

    number: int
    role: str
    name: str | None
    sandbox: str
    state: str
    """Of the sandbox."""
    joined: datetime | None
    last_seen: datetime | None
    helped: datetime | None

    @classmethod
    def of(cls, seat: Seat) -> SeatView:
        """Show a row of the store."""
        row = seat.row
        return cls(
            number=row.number,
            role=row.role,
            name=row.name or None,
            sandbox=seat.sandbox.name,
            state=seat.sandbox.state,
            joined=row.joined,
            last_seen=row.last_seen,
            helped=row.helped,
        )


class WorkshopView(View):
    """A workshop. `seats` is null in a list."""

    id: str
    title: str
    scenario: str
    code: str
    state: str
    """open or closed."""
    created: datetime
    closed: datetime | None
    seats: tuple[SeatView, ...] | None
    links: dict[str, str]

    @classmethod
    def of(cls, row: WorkshopRow, seats: Sequence[Seat] | None = None) -> WorkshopView:
        """Show a row of the store."""
        return cls(
            id=row.id,
            title=row.title,
            scenario=row.scenario,
            code=row.code,
            state=row.state,
            created=row.created,
            closed=row.closed,
            seats=None if seats is None else tuple(SeatView.of(each) for each in seats),
            links={"self": f"/api/v1/workshops/{row.id}", "join": f"/join?code={row.code}"},
        )


class JoinedView(View):
    """A seat that was taken. Whoever shows the token sits there; the one before it is worthless."""

    token: str
    workshop: str
    seat: SeatView


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["workshops"])

    @router.post("/workshops", status_code=202)
    def open_one(asked: WorkshopAsked, caller: Trainer, response: Response, key: Key = "") -> WorkshopView:
        """Open a workshop, and ask for all its sandboxes."""
        row = order_workshop(plane, caller, asked, key)
        view = WorkshopView.of(*read_workshop(plane, row.id, caller.sees))
        response.headers["location"] = view.links["self"]
        return view

    @router.get("/workshops")
    def list_mine(caller: Trainer, most: Most = 50) -> Page[WorkshopView]:
        """List the newest of yours; an admin sees everybody's."""
        with plane.store.session() as session:
            rows = workshops.list_workshops(session, caller.sees, most=most)
        return Page(items=tuple(WorkshopView.of(row) for row in rows))

    @router.post("/workshops/join")
    def take_seat(joining: Joining, request: Request) -> JoinedView:
        """Take a seat. Needs no log-in: the code of the workshop, a name, and a PIN of one's own."""
        joined = join(plane, **joining.model_dump(), address=address_of(request), kind="token")
        return JoinedView(token=joined.secret, workshop=joined.title, seat=SeatView.of(joined.seat))

    @router.get("/workshops/{workshop}")
    def read(workshop: str, caller: Trainer) -> WorkshopView:
        """See one, with its seats."""
        return WorkshopView.of(*read_workshop(plane, workshop, caller.sees))

    @router.post("/workshops/{workshop}/seats/{number}/helped")
    def helped(workshop: str, number: int, caller: Trainer) -> WorkshopView:
        """Note that you were at a seat now."""
        note_help(plane, caller, workshop, number)
        return WorkshopView.of(*read_workshop(plane, workshop, caller.sees))

    @router.post("/workshops/{workshop}/close", status_code=202)
    def close(workshop: str, caller: Trainer) -> WorkshopView:
        """End it: every participant's account and session, and every sandbox."""
        close_workshop(plane, caller, workshop)
        return WorkshopView.of(*read_workshop(plane, workshop, caller.sees))

    return router


def read_workshop(plane: Plane, workshop: str, trainer: str | None) -> tuple[WorkshopRow, list[Seat]]:
    """Read a workshop and its seats. Raises NotFound."""
    with plane.store.session() as session:
        row = workshops.find_workshop(session, workshop, trainer, to_change=False)
        return row, workshops.seats_of(session, row.id)
