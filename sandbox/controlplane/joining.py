"""Taking a seat in a workshop, and taking it again from another device."""

from __future__ import annotations

import unicodedata
from typing import Literal, NamedTuple

from sqlalchemy.orm import Session

from sandbox.controlplane.access import NotKnown, Role, require_few_failures
from sandbox.controlplane.names import clean_name
from sandbox.controlplane.passwords import NO_PASSWORD, hash_pin, is_password
from sandbox.controlplane.plane import Plane
from sandbox.errors import StateConflict
from sandbox.store import accounts, journal, workshops
from sandbox.store.schema import SeatRow, WorkshopRow
from sandbox.store.workshops import Seat

_FAILED = "join-failed"


class Joined(NamedTuple):
    """Who sits where now. `secret` is the new session's, or token."""

    secret: str
    title: str
    seat: Seat


def join(
    plane: Plane, *, code: str, name: str, pin: str, address: str, kind: Literal["session", "token"]
) -> Joined:
    """Take a free seat under a name; under a name that sits there already, its PIN takes it over.

    Raises UsageError, NotKnown (no such workshop, or the wrong PIN), TooManyFailures, StateConflict (full).
    """
    name = clean_name(unicodedata.normalize("NFKC", name))
    code = "".join(filter(str.isalnum, code)).upper()[:16]
    who = f"{name} ({code})"
    require_few_failures(plane, _FAILED, _counted(who), address, "too many tries to join failed")
    with plane.store.session() as session:
        workshop = workshops.find_open(session, code)
        taken = _named(session, workshop, name) if workshop else None
        kept = taken.pin if taken else None
    if workshop is None:
        raise _failed(
            plane, who, address, f"no open workshop has the code {code!r}", "look at the code again"
        )
    if kept is not None and not is_password(pin, kept):
        hint = "type the PIN that you chose when you joined; if you are new here, use another name"
        raise _failed(plane, who, address, f"somebody is {name!r} here already, with another PIN", hint)
    pin_hash = hash_pin(pin) if kept is None else kept
    with plane.store.session() as session:
        workshop = workshops.find_open(session, code)
        if workshop is None:
            raise NotKnown("this workshop was closed just now")
        row = _named(session, workshop, name)
        if (row.pin if row else None) != kept:
            raise StateConflict(f"somebody became {name!r} just now", hint="try again, or use another name")
        if row is None:
            row = _take_seat(session, plane, workshop, name, who)
            row.pin = pin_hash
        assert row.account is not None, "a seat with a name has an account"
        accounts.withdraw_all(session, row.account)
        row.last_seen = plane.now()
        journal.enter_deed(
            session, now=plane.now(), account=who, action="join", subject=workshop.id, address=address
        )
        secret = accounts.issue(
            session, kind, account=row.account, now=plane.now(), lifetime=plane.rules.session
        )
        session.flush()
        seat = workshops.seat_of(session, row.account)
        assert seat is not None, "it was taken just now"
        return Joined(secret, workshop.title, seat)


def _named(session: Session, workshop: WorkshopRow, name: str) -> SeatRow | None:
    wanted = name.casefold()
    found = (seat.row for seat in workshops.seats_of(session, workshop.id))
    return next((row for row in found if row.name.casefold() == wanted), None)


def _take_seat(session: Session, plane: Plane, workshop: WorkshopRow, name: str, who: str) -> SeatRow:
    free = (seat.row for seat in workshops.seats_of(session, workshop.id) if seat.row.account is None)
    row = next(free, None)
    if row is None:
        raise StateConflict("every seat of this workshop is taken", hint="tell your trainer")
    now = plane.now()
    # No account that is made by invitation can have brackets in its name, so this one is never taken.
    account = accounts.add_account(session, name=who, role=Role.PARTICIPANT, password=NO_PASSWORD, now=now)
    row.name, row.account, row.joined = name, account.id, now
    return row


def _failed(plane: Plane, who: str, address: str, told: str, hint: str) -> NotKnown:
    with plane.store.session() as session:
        journal.enter_deed(session, now=plane.now(), account=_counted(who), action=_FAILED, address=address)
    return NotKnown(told, hint=hint)


def _counted(who: str) -> str:
    return who.casefold()[:64]
