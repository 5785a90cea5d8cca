"""What a trainer may order of a workshop: open one, note that a seat was helped, close it."""

from __future__ import annotations

import secrets

from sqlalchemy.orm import Session

from sandbox.controlplane.access import Caller
from sandbox.controlplane.orders import (
    QuotaReached,
    check_sandbox,
    enter_sandbox,
    note,
    order_change,
    ordered_before,
    submit,
)
from sandbox.controlplane.plane import Plane
from sandbox.errors import NotFound, StateConflict
from sandbox.model.asking import SandboxAsked, WorkshopAsked
from sandbox.store import wishes, workshops
from sandbox.store.accounts import new_id
from sandbox.store.jobs import Job
from sandbox.store.schema import SeatRow, WorkshopRow

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""What a code is made of: nothing that looks like something else on a wall, as 0 and O, or 1, I and L."""
CODE_LENGTH = 6


def order_workshop(plane: Plane, caller: Caller, asked: WorkshopAsked, key: str = "") -> WorkshopRow:
    """Open a workshop and ask for its sandboxes, all or none. The same key twice is one workshop.

    Raises UsageError, NotFound, ContentError, StateConflict, QuotaReached.
    """
    of_each = SandboxAsked(
        scenario=asked.scenario,
        runtime=asked.runtime,
        people=asked.people,
        lease_seconds=asked.lease_seconds,
    )
    check_sandbox(plane, of_each)
    with plane.store.session() as session:
        if known := ordered_before(session, caller, key, asked, WorkshopRow):
            return known
        needed = -(-asked.seats // len(asked.roles))
        _require_room(session, plane, asked, needed)
        row = WorkshopRow(
            id=new_id(),
            title=asked.title,
            scenario=asked.scenario,
            code=_draw_code(session),
            trainer=caller.id,
            people=asked.people.model_dump(mode="json"),
            state="open",
            created=plane.now(),
        )
        session.add(row)
        session.flush()
        jobs = _enter_seats(session, plane, caller, asked, row, of_each)
        if key:
            wishes.remember(session, caller.id, key, asked.model_dump(mode="json"), row.id, plane.now())
        note(session, plane, caller, "open-workshop", row.id)
    for job in jobs:
        submit(plane, job)
    return row


def note_help(plane: Plane, caller: Caller, workshop: str, number: int) -> None:
    """Note that the trainer was at a seat. Raises NotFound, StateConflict when nobody sits there."""
    with plane.store.session() as session:
        row = workshops.find_workshop(session, workshop, caller.sees)
        seat = session.get(SeatRow, (row.id, number))
        if seat is None:
            raise NotFound(f"the workshop has no seat {number}")
        if seat.account is None:
            raise StateConflict(f"nobody sits on seat {number}")
        seat.helped = plane.now()


def close_workshop(plane: Plane, caller: Caller, workshop: str) -> WorkshopRow:
    """Send everybody home and remove every sandbox. Raises NotFound.

    It may be asked again: what was cut short is then finished.
    """
    with plane.store.session() as session:
        row = workshops.find_workshop(session, workshop, caller.sees)
        if row.state == "open":
            row.state, row.closed = "closed", plane.now()
            note(session, plane, caller, "close-workshop", row.id)
        workshops.send_home(session, row.id)
        seats = workshops.seats_of(session, row.id)
        names = sorted({seat.sandbox.name for seat in seats if seat.sandbox.state != wishes.GONE})
    for name in names:
        try:
            order_change(plane, caller, name, Job.REMOVE)
        except NotFound:
            continue  # Its lease ran out in this moment.
    return row


def _require_room(session: Session, plane: Plane, asked: WorkshopAsked, needed: int) -> None:
    wishes.lock_counting(session)
    most = plane.rules.sandboxes
    free = max(most - wishes.count_sandboxes(session), 0)
    if needed > free:
        room = (
            f"this machine has memory for {most}"
            if needed > most
            else f"of the {most} that this machine has memory for, {free} are free"
        )
        raise QuotaReached(
            f"{asked.seats} seats, {len(asked.roles)} to a sandbox, need {needed} sandboxes; {room}",
            hint="take fewer seats, let more people share a sandbox, or remove sandboxes that nobody needs",
        )


def _draw_code(session: Session) -> str:
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if not workshops.has_code(session, code):
            return code


def _enter_seats(
    session: Session,
    plane: Plane,
    caller: Caller,
    asked: WorkshopAsked,
    row: WorkshopRow,
    of_each: SandboxAsked,
) -> list[str]:
    jobs: list[str] = []
    for first in range(0, asked.seats, len(asked.roles)):
        name = f"ws-{row.code.lower()}-{len(jobs) + 1}"
        sandbox, job = enter_sandbox(session, plane, caller, of_each, name)
        jobs.append(job)
        for offset, role in enumerate(asked.roles[: asked.seats - first]):
            session.add(SeatRow(workshop=row.id, number=first + offset + 1, sandbox=sandbox.id, role=role))
    session.flush()
    return jobs
