"""Jobs and who holds them. A hold is renewed while its holder lives; who takes an old one over fences it off.

A write under an older fence is refused, so that a worker that only seemed dead changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from sandbox.errors import StateConflict
from sandbox.store.accounts import new_id
from sandbox.store.schema import JobRow
from sandbox.store.store import Store

HOLD = timedelta(seconds=10)
RENEWED_EVERY = timedelta(seconds=3)


class Job(StrEnum):
    """What can be done to a sandbox or a run."""

    START = "start-sandbox"
    RESET = "reset-sandbox"
    REMOVE = "remove-sandbox"
    SAVE = "save-checkpoint"
    RESTORE = "restore-checkpoint"
    PLAY = "play-run"


class HoldLost(StateConflict):
    """Somebody else holds the job now: what we would have written must not be."""

    reason = "hold-lost"


def add_job(
    session: Session,
    kind: Job,
    subject: str,
    *,
    now: datetime,
    detail: dict[str, Any] | None = None,
    host: str = "",
) -> str:
    """Write down what is to be done; it is submitted to a queue after the transaction."""
    job = JobRow(
        id=new_id(),
        kind=kind,
        subject=subject,
        detail=detail or {},
        state="waiting",
        host=host,
        created=now,
    )
    session.add(job)
    return job.id


def take(session: Session, job: str, holder: str, now: datetime) -> JobRow | None:
    """Hold a job; None when it is done, held by somebody who lives, or not its turn among its subject's."""
    row = session.scalar(select(JobRow).where(JobRow.id == job).with_for_update())
    if row is None or row.state == "done" or (row.held_until is not None and row.held_until > now):
        return None
    earlier = select(JobRow.id).where(
        JobRow.subject == row.subject, JobRow.state != "done", JobRow.created < row.created
    )
    if session.scalar(earlier.limit(1)) is not None:
        return None
    row.fence += 1
    row.state, row.held_by, row.held_until = "held", holder, now + HOLD
    return row


def renew(session: Session, job: str, fence: int, now: datetime) -> None:
    """Go on holding it. Raises HoldLost."""
    renewed = session.execute(
        update(JobRow)
        .where(JobRow.id == job, JobRow.fence == fence, JobRow.state == "held")
        .values(held_until=now + HOLD)
        .returning(JobRow.id)
    )
    if renewed.first() is None:
        raise HoldLost(f"job {job} is held by somebody else")


@contextmanager
def fenced(store: Store, job: str, fence: int) -> Iterator[Session]:
    """Write as the holder of a job; nothing is written when somebody else took it over. Raises HoldLost."""
    with store.session() as session:
        row = session.scalar(select(JobRow).where(JobRow.id == job).with_for_update())
        if row is None or row.fence != fence or row.state != "held":
            raise HoldLost(f"job {job} is held by somebody else")
        yield session


def finish(session: Session, job: str, now: datetime) -> None:
    """Enter that a job is done, whatever came of it; call it inside `fenced`."""
    session.execute(
        update(JobRow).where(JobRow.id == job).values(state="done", done=now, held_by="", held_until=None)
    )


def unheld(session: Session, now: datetime) -> Sequence[JobRow]:
    """List what waits or lost its holder, the oldest first."""
    return session.scalars(
        select(JobRow)
        .where(JobRow.state != "done", or_(JobRow.held_until.is_(None), JobRow.held_until <= now))
        .order_by(JobRow.created)
    ).all()


def pending(session: Session, subject: str) -> Sequence[JobRow]:
    """List what is still to be done about a subject, the oldest first."""
    return session.scalars(
        select(JobRow).where(JobRow.subject == subject, JobRow.state != "done").order_by(JobRow.created)
    ).all()
