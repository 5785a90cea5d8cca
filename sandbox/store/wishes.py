"""Sandboxes and runs that were asked for, by whom, and how far each has come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, text
from sqlalchemy.orm import Session

from sandbox.errors import NotFound, StateConflict
from sandbox.store.accounts import new_id
from sandbox.store.schema import Receipt, RunRow, SandboxRow, SeatRow

GONE = "removed"
_COUNTING = 0x5ACB1
"""Advisory lock."""
RECEIPTS_LIVE = timedelta(days=1)
"""How long the same key means the same request."""


def add_sandbox(
    session: Session,
    *,
    name: str,
    owner: str,
    wish: dict[str, Any],
    now: datetime,
    expires: datetime | None,
) -> SandboxRow:
    """Enter a wish. Raises StateConflict when a sandbox of that name is there."""
    if session.scalar(_live().where(SandboxRow.name == name)) is not None:
        raise StateConflict(f"there is a sandbox {name!r} already", hint="choose another name, or remove it")
    row = SandboxRow(
        id=new_id(), name=name, owner=owner, wish=wish, state="asked", created=now, expires=expires
    )
    session.add(row)
    session.flush()
    return row


def find_sandbox(session: Session, name: str, account: str | None) -> SandboxRow:
    """Find a sandbox that is not gone; that this account sees, unless None. Raises NotFound."""
    wanted = _live().where(SandboxRow.name == name)
    row = session.scalar(wanted if account is None else wanted.where(_is_seen_by(account)))
    if row is None:
        raise NotFound(f"there is no sandbox {name!r}", hint="GET /api/v1/sandboxes lists yours")
    return row


def list_sandboxes(
    session: Session, account: str | None, *, after: str = "", most: int = 50
) -> Sequence[SandboxRow]:
    """List sandboxes that are not gone, by name, after a name; that this account sees, unless None."""
    wanted = _live().where(SandboxRow.name > after).order_by(SandboxRow.name).limit(most)
    return session.scalars(wanted if account is None else wanted.where(_is_seen_by(account))).all()


def lock_counting(session: Session) -> None:
    """Let nobody else count and add until this transaction ends, or many at once pass the same last place."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _COUNTING})


def count_sandboxes(session: Session, owner: str | None = None) -> int:
    """Count the sandboxes that are not gone; of this owner and in no workshop of theirs, unless None."""
    wanted = select(func.count()).select_from(SandboxRow).where(SandboxRow.state != GONE)
    if owner is not None:
        seated = select(SeatRow.sandbox)
        wanted = wanted.where(SandboxRow.owner == owner, SandboxRow.id.not_in(seated))
    return int(session.scalar(wanted) or 0)


def expired_sandboxes(session: Session, now: datetime) -> Sequence[SandboxRow]:
    """List those whose lease ran out and that nobody removes yet."""
    return session.scalars(
        _live().where(SandboxRow.expires <= now, SandboxRow.state.not_in(("removing", GONE)))
    ).all()


def running_on(session: Session, host: str) -> Sequence[SandboxRow]:
    """List the sandboxes that should run on a machine now."""
    return session.scalars(_live().where(SandboxRow.host == host, SandboxRow.state == "running")).all()


def add_run(session: Session, *, owner: str, scenario: str, wish: dict[str, Any], now: datetime) -> RunRow:
    """Enter that a run was asked for."""
    row = RunRow(id=new_id(), owner=owner, scenario=scenario, wish=wish, state="asked", created=now)
    session.add(row)
    session.flush()
    return row


def is_played_in(session: Session, sandbox: str) -> bool:
    """Whether a scenario is played in a sandbox, or waits for it."""
    found = select(RunRow.id).where(
        RunRow.state.in_(("asked", "playing")), RunRow.wish["sandbox"].astext == sandbox
    )
    return session.scalar(found.limit(1)) is not None


def find_run(session: Session, run: str, owner: str | None) -> RunRow:
    """Find a run; of this owner, unless None. Raises NotFound."""
    wanted = select(RunRow).where(RunRow.id == run)
    row = session.scalar(wanted if owner is None else wanted.where(RunRow.owner == owner))
    if row is None:
        raise NotFound(f"there is no run {run!r}", hint="GET /api/v1/runs lists yours")
    return row


def list_runs(
    session: Session, owner: str | None, *, before: datetime | None = None, most: int = 50
) -> Sequence[RunRow]:
    """List runs, the newest first, begun before a time; of this owner, unless None."""
    wanted = select(RunRow).order_by(RunRow.created.desc()).limit(most)
    if owner is not None:
        wanted = wanted.where(RunRow.owner == owner)
    return session.scalars(wanted if before is None else wanted.where(RunRow.created < before)).all()


def remembered(session: Session, account: str, key: str, asked: dict[str, Any]) -> str | None:
    """Say what was created under an idempotency key; None when it is new.

    Raises StateConflict when something else was asked under the same key.
    """
    receipt = session.get(Receipt, (account, key))
    if receipt is None:
        return None
    if receipt.request != _digest(asked):
        raise StateConflict(
            f"something else was asked under the idempotency key {key!r}",
            hint="use a new key for a new request",
        )
    return receipt.subject


def remember(
    session: Session, account: str, key: str, asked: dict[str, Any], subject: str, now: datetime
) -> None:
    """Remember what was created under an idempotency key."""
    session.add(Receipt(account=account, key=key, request=_digest(asked), subject=subject, created=now))
    session.flush()


def sweep_receipts(session: Session, now: datetime) -> None:
    """Forget keys that nobody repeats any more."""
    session.execute(delete(Receipt).where(Receipt.created <= now - RECEIPTS_LIVE))


def _digest(asked: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


def _live() -> Select[SandboxRow]:
    return select(SandboxRow).where(SandboxRow.state != GONE)


def _is_seen_by(account: str) -> ColumnElement[bool]:
    """Whose it is, and whoever sits in it, in a workshop."""
    sat_in = select(SeatRow.sandbox).where(SeatRow.account == account)
    return or_(SandboxRow.owner == account, SandboxRow.id.in_(sat_in))
