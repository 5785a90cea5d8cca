"""Workshops and their seats, as the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from sandbox.errors import NotFound
from sandbox.store.schema import Account, Credential, SandboxRow, SeatRow, WorkshopRow

SEEN_EVERY = timedelta(seconds=20)
"""A seat is not written more often than this, however often its browser asks."""


class Seat(NamedTuple):
    """A seat and the sandbox that it is in."""

    row: SeatRow
    sandbox: SandboxRow


def find_workshop(
    session: Session, workshop: str, trainer: str | None, *, to_change: bool = True
) -> WorkshopRow:
    """Find a workshop; of this trainer, unless None. Nobody else changes it meanwhile, if `to_change`.

    Raises NotFound.
    """
    wanted = select(WorkshopRow).where(WorkshopRow.id == workshop)
    wanted = wanted.with_for_update() if to_change else wanted
    row = session.scalar(wanted if trainer is None else wanted.where(WorkshopRow.trainer == trainer))
    if row is None:
        raise NotFound(f"there is no workshop {workshop!r}", hint="GET /api/v1/workshops lists yours")
    return row


def find_open(session: Session, code: str) -> WorkshopRow | None:
    """Find the open workshop of a code, and let nobody else take a seat in it meanwhile."""
    return session.scalar(
        select(WorkshopRow).where(WorkshopRow.code == code, WorkshopRow.state == "open").with_for_update()
    )


def has_code(session: Session, code: str) -> bool:
    """Whether a workshop has this code, or had it: it is on old slides, and must not open another one."""
    return session.scalar(select(WorkshopRow.id).where(WorkshopRow.code == code)) is not None


def list_workshops(session: Session, trainer: str | None, *, most: int = 50) -> Sequence[WorkshopRow]:
    """List workshops, the newest first; of this trainer, unless None."""
    wanted = select(WorkshopRow).order_by(WorkshopRow.created.desc(), WorkshopRow.id).limit(most)
    return session.scalars(wanted if trainer is None else wanted.where(WorkshopRow.trainer == trainer)).all()


def seats_of(session: Session, workshop: str) -> list[Seat]:
    """List the seats of a workshop by number, each with its sandbox."""
    found = session.execute(
        select(SeatRow, SandboxRow)
        .join(SandboxRow, SandboxRow.id == SeatRow.sandbox)
        .where(SeatRow.workshop == workshop)
        .order_by(SeatRow.number)
    )
    return [Seat(row, sandbox) for row, sandbox in found]


def seat_of(session: Session, account: str) -> Seat | None:
    """Find the seat that somebody sits on."""
    found = session.execute(
        select(SeatRow, SandboxRow)
        .join(SandboxRow, SandboxRow.id == SeatRow.sandbox)
        .where(SeatRow.account == account)
    ).first()
    return Seat(found[0], found[1]) if found else None


def see(session: Session, account: str, now: datetime) -> None:
    """Remember that whoever sits on a seat is there."""
    session.execute(
        update(SeatRow)
        .where(
            SeatRow.account == account,
            or_(SeatRow.last_seen.is_(None), SeatRow.last_seen <= now - SEEN_EVERY),
        )
        .values(last_seen=now)
    )


def send_home(session: Session, workshop: str) -> int:
    """Free every seat and remove the accounts of those who sat there, with what proved them; say how many."""
    sat = select(SeatRow.account).where(SeatRow.workshop == workshop, SeatRow.account.is_not(None))
    gone = list(session.scalars(sat))
    session.execute(
        update(SeatRow)
        .where(SeatRow.workshop == workshop)
        .values(name="", account=None, pin="", joined=None, last_seen=None, helped=None)
    )
    session.execute(delete(Credential).where(Credential.account.in_(gone)))
    session.execute(delete(Account).where(Account.id.in_(gone)))
    return len(gone)


def count_seats(session: Session, workshops: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Say of each workshop how many seats it has, and how many are taken."""
    found = session.execute(
        select(SeatRow.workshop, func.count(), func.count(SeatRow.account))
        .where(SeatRow.workshop.in_(workshops))
        .group_by(SeatRow.workshop)
    )
    return {workshop: (seats, taken) for workshop, seats, taken in found}
