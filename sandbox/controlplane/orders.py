"""What somebody may order: API and console both come through here, so that they refuse the same.

An order is checked as far as can be known at once (content, names, quotas), entered with its job
in one transaction, and submitted after it. If submitting fails, the reaper does it later.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import NamedTuple, TypeVar

from sqlalchemy.orm import Session

from sandbox.controlplane.access import Caller, NotAllowed, Role
from sandbox.controlplane.plane import Plane
from sandbox.errors import RequestRefused, SandboxError, StateConflict, UsageError
from sandbox.model.asking import RunAsked, SandboxAsked
from sandbox.model.block import Frozen
from sandbox.model.population import ask_for
from sandbox.model.sandbox import check_name
from sandbox.population import load_pack
from sandbox.preparing import draw_name, look_up_scenario
from sandbox.runtime import runtime_names
from sandbox.store import journal, wishes
from sandbox.store.jobs import Job, add_job
from sandbox.store.schema import RunRow, SandboxRow, Table

log = logging.getLogger("sandbox.controlplane")


class QuotaReached(RequestRefused):
    """No more of these may be had now."""

    reason = "quota-reached"
    status = 409


Row = TypeVar("Row", bound=Table)


class Ordered(NamedTuple):
    """A change that was asked for. What comes of it is told after the number `since`."""

    row: SandboxRow
    since: int


def order_sandbox(plane: Plane, caller: Caller, asked: SandboxAsked, key: str = "") -> SandboxRow:
    """Ask for a sandbox. Under an idempotency key, the same asked twice is one sandbox.

    Raises UsageError, NotFound, ContentError, StateConflict, QuotaReached.
    """
    check_sandbox(plane, asked)
    name = check_name(asked.name) if asked.name is not None else draw_name(asked.scenario or "sandbox")
    now = plane.now()
    with plane.store.session() as session:
        if known := ordered_before(session, caller, key, asked, SandboxRow):
            return known
        _require_room(session, plane, caller)
        row, job = enter_sandbox(session, plane, caller, asked, name)
        if key:
            wishes.remember(session, caller.id, key, asked.model_dump(mode="json"), row.id, now)
    submit(plane, job)
    return row


def ordered_before(session: Session, caller: Caller, key: str, asked: Frozen, table: type[Row]) -> Row | None:
    """Give what came of this order under this key before. Raises StateConflict for another order under it."""
    known = wishes.remembered(session, caller.id, key, asked.model_dump(mode="json")) if key else None
    if known is None:
        return None
    row = session.get(table, known)
    assert row is not None, "a receipt is of something that was entered"
    return row


def check_sandbox(plane: Plane, asked: SandboxAsked) -> None:
    """Refuse what could not be started. Raises UsageError, NotFound, ContentError."""
    if (asked.scenario is None) == (not asked.blocks):
        raise UsageError("say what to start", hint="a scenario, or blocks")
    if asked.scenario is not None:
        look_up_scenario(plane.catalog, asked.scenario)
    for block in asked.blocks:
        plane.catalog.descriptor(block)
    _check_people_and_runtime(plane, asked)


def enter_sandbox(
    session: Session, plane: Plane, caller: Caller, asked: SandboxAsked, name: str
) -> tuple[SandboxRow, str]:
    """Enter a sandbox that was checked, and the job that starts it. Raises StateConflict."""
    now = plane.now()
    row = wishes.add_sandbox(
        session,
        name=name,
        owner=caller.id,
        wish=asked.model_dump(mode="json"),
        now=now,
        expires=now + asked.lease if asked.lease else None,
    )
    note(session, plane, caller, "start", row.name)
    return row, add_job(session, Job.START, row.id, now=now)


def order_change(
    plane: Plane, caller: Caller, name: str, job: Job, detail: dict[str, str] | None = None
) -> Ordered:
    """Ask for a change of a sandbox: reset, remove, save or restore.

    Raises NotFound, NotAllowed, StateConflict.
    """
    with plane.store.session() as session:
        row = find_own(session, caller, name)
        since = journal.last_number(session, row.id)
        if job is Job.REMOVE:
            if row.state == "removing":
                return Ordered(row, since)
            row.state = "removing"
        elif row.state != "running":
            raise StateConflict(
                f"sandbox {name!r} is {row.state}",
                hint="this needs one that is running; look again in a moment",
            )
        else:
            require_unplayed(session, row.name)
        host = row.host
        waiting = add_job(session, job, row.id, now=plane.now(), detail=dict(detail or {}), host=host)
        note(session, plane, caller, job.value, row.name)
    submit(plane, waiting, host)
    return Ordered(row, since)


def order_run(plane: Plane, caller: Caller, asked: RunAsked, key: str = "") -> RunRow:
    """Ask for a run. Raises UsageError, NotFound, ContentError, StateConflict, QuotaReached."""
    look_up_scenario(plane.catalog, asked.scenario)
    _check_people_and_runtime(plane, asked)
    now = plane.now()
    with plane.store.session() as session:
        if known := ordered_before(session, caller, key, asked, RunRow):
            return known
        host = ""
        if asked.sandbox is not None:
            found = find_own(session, caller, asked.sandbox)
            if found.state != "running":
                raise StateConflict(
                    f"sandbox {found.name!r} is {found.state}", hint="a run needs one that is running"
                )
            require_unplayed(session, found.name)
            host = found.host
        else:
            _require_room(session, plane, caller)
        row = wishes.add_run(
            session, owner=caller.id, scenario=asked.scenario, wish=asked.model_dump(mode="json"), now=now
        )
        job = add_job(session, Job.PLAY, row.id, now=now, host=host)
        if key:
            wishes.remember(session, caller.id, key, asked.model_dump(mode="json"), row.id, now)
        note(session, plane, caller, "run", asked.scenario)
    submit(plane, job, host)
    return row


def extend(plane: Plane, caller: Caller, name: str, by: timedelta) -> SandboxRow:
    """Let a sandbox live longer. Raises NotFound, NotAllowed, StateConflict."""
    with plane.store.session() as session:
        row = find_own(session, caller, name)
        if row.expires is None or row.state in ("removing", "failed"):
            raise StateConflict(f"sandbox {name!r} is {row.state} and has no end that could be put off")
        row.expires = max(row.expires, plane.now()) + by
        note(session, plane, caller, "extend", row.name)
        return row


def submit(plane: Plane, job: str, host: str = "") -> None:
    """Hand a job to the queue; when the queue is away the job waits in the store."""
    try:
        plane.queue.submit(job, host=host)
    except SandboxError as error:
        log.warning("job %s waits in the store: %s", job, error)


def require_unplayed(session: Session, name: str) -> None:
    """Refuse what would spoil a scenario that is being played in a sandbox. Raises StateConflict."""
    if wishes.is_played_in(session, name):
        raise StateConflict(
            f"a scenario is being played in sandbox {name!r}",
            hint="two at once would spoil each other; wait for it",
        )


def note(session: Session, plane: Plane, caller: Caller, action: str, subject: str) -> None:
    """Enter what somebody ordered into the audit log."""
    journal.enter_deed(session, now=plane.now(), account=caller.name, action=action, subject=subject)


def find_own(session: Session, caller: Caller, name: str) -> SandboxRow:
    """Find a sandbox that the caller may change. Raises NotFound, NotAllowed."""
    row = wishes.find_sandbox(session, name, caller.sees)
    if caller.sees not in (None, row.owner):
        raise NotAllowed(
            f"sandbox {name!r} is your trainer's, and others may sit in it too",
            hint="ask your trainer to change it",
        )
    return row


def _check_people_and_runtime(plane: Plane, asked: SandboxAsked | RunAsked) -> None:
    people = asked.people
    ask_for(pack=people.pack, size=people.size, seed=people.seed, dirt=people.dirt)
    load_pack(plane.settings.content, people.pack)
    if asked.runtime is not None and asked.runtime not in runtime_names():
        raise UsageError(
            f"there is no runtime {asked.runtime!r}", hint=f"there are: {', '.join(runtime_names())}"
        )


def _require_room(session: Session, plane: Plane, caller: Caller) -> None:
    rules = plane.rules
    wishes.lock_counting(session)
    if wishes.count_sandboxes(session) >= rules.sandboxes:
        raise QuotaReached(
            f"{rules.sandboxes} sandboxes are up, as many as this machine has memory for",
            hint="remove one that nobody needs, or wait until a lease runs out",
        )
    if caller.role is not Role.ADMIN and (
        wishes.count_sandboxes(session, caller.id) >= rules.sandboxes_per_account
    ):
        raise QuotaReached(
            f"you have {rules.sandboxes_per_account} sandboxes, as many as one account may have",
            hint="remove one, or ask who administers this server for more",
        )
