"""The pages of a workshop: the trainer's list and board, and the door that participants come in by."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Form, Request
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from sandbox.controlplane.access import Trainer, address_of
from sandbox.controlplane.api.workshops import read_workshop
from sandbox.controlplane.console.doors import Said, enter
from sandbox.controlplane.console.forms import FormByTrainer, from_our_page
from sandbox.controlplane.console.rendering import render
from sandbox.controlplane.joining import join
from sandbox.controlplane.plane import Plane
from sandbox.controlplane.workshops import close_workshop, note_help, order_workshop
from sandbox.errors import SandboxError, UsageError
from sandbox.model.asking import People, WorkshopAsked
from sandbox.store import workshops

Number = Annotated[int, Form()]


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(include_in_schema=False)
    _trainers(router, plane)
    _participants(router, plane)
    return router


def _trainers(router: APIRouter, plane: Plane) -> None:
    @router.get("/workshops")
    def list_mine(request: Request, caller: Trainer) -> Response:
        with plane.store.session() as session:
            rows = workshops.list_workshops(session, caller.sees, most=200)
            seats = workshops.count_seats(session, [row.id for row in rows])
        found = [plane.catalog.scenario(slug) for slug in plane.catalog.scenario_slugs()]
        return render(
            request, "workshops.html.j2", caller=caller, workshops=rows, seats=seats, scenarios=found
        )

    @router.post("/workshops")
    def open_one(
        caller: FormByTrainer,
        title: Said,
        scenario: Said,
        seats: Number,
        roles: Said,
        size: Number,
        key: Said = "",
    ) -> Response:
        try:
            asked = WorkshopAsked(
                title=title,
                scenario=scenario,
                seats=seats,
                roles=tuple(role.strip() for role in roles.split(",") if role.strip()),
                people=People(size=size),
            )
        except ValidationError as error:
            told = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
            raise UsageError(told, hint="go back and change it") from None
        row = order_workshop(plane, caller, asked, key)
        return RedirectResponse(f"/workshops/{row.id}", status_code=303)

    @router.get("/workshops/{workshop}")
    def board(workshop: str, request: Request, caller: Trainer) -> Response:
        row, seats = read_workshop(plane, workshop, caller.sees)
        link = f"{request.url.scheme}://{request.headers['host']}/join?code={row.code}"
        return render(
            request,
            "workshop.html.j2",
            caller=caller,
            workshop=row,
            seats=seats,
            now=plane.now(),
            link=link,
            picture=draw_code(link),
        )

    @router.post("/workshops/{workshop}/seats/{number}/helped")
    def helped(workshop: str, number: int, caller: FormByTrainer) -> Response:
        note_help(plane, caller, workshop, number)
        return RedirectResponse(f"/workshops/{workshop}", status_code=303)

    @router.post("/workshops/{workshop}/close")
    def close(workshop: str, caller: FormByTrainer) -> Response:
        close_workshop(plane, caller, workshop)
        return RedirectResponse(f"/workshops/{workshop}", status_code=303)


def _participants(router: APIRouter, plane: Plane) -> None:
    @router.get("/join")
    def join_page(request: Request, code: str = "") -> Response:
        return render(request, "join.html.j2", wrong="", code=code[:16], name="")

    @router.post("/join", dependencies=[Depends(from_our_page)])
    def take_seat(request: Request, code: Said, name: Said, pin: Said) -> Response:
        try:
            joined = join(plane, code=code, name=name, pin=pin, address=address_of(request), kind="session")
        except SandboxError as error:
            told = f"{error}; {error.hint}" if error.hint else str(error)
            return render(request, "join.html.j2", status=error.status, wrong=told, code=code[:16], name=name)
        return enter(plane, request, joined.secret, f"/sandboxes/{joined.seat.sandbox.name}")


def draw_code(link: str) -> Markup:
    """Draw a link as a QR code, dark on light whatever the page's colours: cameras want it so."""
    drawn = segno.make(link, micro=False).svg_inline(
        scale=5, dark="#000", light="#fff", title="QR code of the link to join"
    )
    return Markup(drawn)  # noqa: S704 - drawn by the library; the link is in it as squares only
