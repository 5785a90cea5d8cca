"""What happened to a sandbox or a run, in order, and the audit log of who asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from sandbox.store.schema import Deed, Happening


def tell(session: Session, subject: str, kind: str, told: dict[str, Any], now: datetime) -> None:
    """Enter one thing that happened."""
    session.add(Happening(subject=subject, kind=kind, told=told, at=now))


def newest(session: Session, subject: str, most: int = 500) -> Sequence[Happening]:
    """Read the newest that happened to a subject, the oldest of them first."""
    found = session.scalars(
        select(Happening).where(Happening.subject == subject).order_by(Happening.number.desc()).limit(most)
    ).all()
    return found[::-1]


def heard_since(session: Session, subject: str, number: int, most: int = 500) -> Sequence[Happening]:
    """Read what happened to a subject after the given number, the oldest first."""
    return session.scalars(
        select(Happening)
        .where(Happening.subject == subject, Happening.number > number)
        .order_by(Happening.number)
        .limit(most)
    ).all()


def last_number(session: Session, subject: str) -> int:
    """Say how far what happened to a subject has come; 0 when nothing did."""
    return session.scalar(select(func.max(Happening.number)).where(Happening.subject == subject)) or 0


def forget(session: Session, subject: str) -> None:
    """Forget what happened before a subject begins anew."""
    session.execute(delete(Happening).where(Happening.subject == subject))


def enter_deed(
    session: Session, *, now: datetime, account: str, action: str, subject: str = "", address: str = ""
) -> None:
    """Enter a line of the audit log."""
    session.add(Deed(at=now, account=account, action=action, subject=subject, address=address))


def deeds(session: Session, *, before: int | None, most: int) -> Sequence[Deed]:
    """Read the audit log, the newest first."""
    wanted = select(Deed).order_by(Deed.number.desc()).limit(most)
    return session.scalars(wanted if before is None else wanted.where(Deed.number < before)).all()


def count_deeds(
    session: Session, action: str, since: datetime, *, account: str | None = None, address: str | None = None
) -> int:
    """Count what was done since a time, under a name or from an address."""
    wanted = select(func.count()).select_from(Deed).where(Deed.action == action, Deed.at > since)
    if account is not None:
        wanted = wanted.where(Deed.account == account)
    if address is not None:
        wanted = wanted.where(Deed.address == address)
    return session.scalar(wanted) or 0
