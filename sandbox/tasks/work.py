"""One job from taking it to entering what came of it, with a hold that is renewed meanwhile.

Whatever goes wrong is entered beside the wish, in words. A worker that is killed leaves a hold
that runs out; then somebody else does the job anew.
"""

from __future__ import annotations

import logging
import os
import platform
import secrets
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from sandbox.errors import RuntimeFailure, SandboxError
from sandbox.lifecycle.service import Report, machine_now
from sandbox.log import about
from sandbox.settings import Settings
from sandbox.store import journal
from sandbox.store.jobs import RENEWED_EVERY, HoldLost, Job, fenced, finish, pending, renew, take
from sandbox.store.store import Store

log = logging.getLogger("sandbox.tasks")
MOST_HOLDERS = 5
"""How many may hold a job one after another: what ended five workers would end the sixth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a worker works with. `worker` names it in the store, `host` is the machine it is on."""

    settings: Settings
    store: Store
    worker: str
    host: str
    now: Callable[[], datetime] = machine_now
    too_long: tuple[type[Exception], ...] = ()
    """What whoever runs this worker interrupts a job with that takes too long."""


def worker_name() -> str:
    """Name this process as a holder of jobs."""
    return f"{platform.node()}:{os.getpid()}"


@dataclass(frozen=True, slots=True)
class Held:
    """A job in our hands. Every write goes through it, and is refused once somebody else took over."""

    bench: Bench
    id: str
    fence: int
    subject: str
    detail: Mapping[str, object]

    def require_hope(self) -> None:
        """Refuse what ended everybody who began it. Raises RuntimeFailure."""
        if self.fence > MOST_HOLDERS:
            raise RuntimeFailure(
                f"{MOST_HOLDERS} times a worker began this and came to no end, so it is not tried again",
                hint="look at the machine's memory and at the workers' logs, then ask for it anew",
            )

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Write as its holder. Raises HoldLost."""
        with fenced(self.bench.store, self.id, self.fence) as session:
            yield session

    def report(self) -> Report:
        """Give a listener of stages that enters each once, and of long ones every twentieth part."""
        entered: list[tuple[str, int]] = []

        def hear(stage: str, done: int, total: int) -> None:
            part = 20 * done // total if total else 0
            if entered and entered[-1] == (stage, part):
                return
            entered[:] = [(stage, part)]
            self.tell("stage", {"stage": stage, "done": done, "total": total})

        return hear

    def tell(self, kind: str, told: dict[str, object]) -> None:
        """Enter something that happened to the subject. Raises HoldLost."""
        with self.writing() as session:
            journal.tell(session, self.subject, kind, told, self.bench.now())


@contextmanager
def in_words(held: Held, fail: Callable[[str, str], None]) -> Iterator[None]:
    """Turn what goes wrong into a reason and a hint; a fault of ours is written to a file.

    A lost hold goes through: somebody else enters what comes of it.
    """
    try:
        yield
    except HoldLost:
        raise
    except SandboxError as error:
        fail(str(error), error.hint)
    except held.bench.too_long:
        fail("this took longer than a job may, and was stopped", "ask for fewer citizens, or split it")
    except Exception as error:  # the worker lives on, and whoever asked is told
        reports = held.bench.settings.home / "reports"
        reports.mkdir(parents=True, exist_ok=True)
        path = reports / f"fault-{secrets.token_hex(4)}.txt"
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        fail(
            f"this is a fault of civic-sandbox, not yours: {type(error).__name__}",
            f"a report was written on the server: {path.name} in its folder of reports",
        )


Doing = Callable[[Held], None]


def do_job(bench: Bench, doings: Mapping[Job, Doing], job: str) -> None:
    """Do a job if it can be held, then what waits about the same subject; never raises."""
    following: str | None = job
    try:
        while following is not None:
            following = _do(bench, doings, following)
    except HoldLost:
        log.warning("job %s was taken over; what this worker did not enter is left to the other", following)
    except SandboxError as error:
        # The store itself: the hold runs out, and the job is done again when PostgreSQL answers.
        log.warning("job %s could not be finished and will be done again: %s", following, error)


def _do(bench: Bench, doings: Mapping[Job, Doing], job: str) -> str | None:
    """Do one job; give the next about the same subject that this host may do."""
    with bench.store.session() as session:
        row = take(session, job, bench.worker, bench.now())
        if row is None:
            return None
        held = Held(bench, row.id, row.fence, row.subject, row.detail)
        doing = doings[Job(row.kind)]
    with about(job=held.id, subject=held.subject, fence=held.fence), _renewing(held):
        log.info("%s began", row.kind)
        doing(held)
        log.info("%s ended", row.kind)
    with held.writing() as session:
        finish(session, job, bench.now())
        waiting = pending(session, held.subject)
        return next((each.id for each in waiting if each.host in ("", bench.host)), None)


@contextmanager
def _renewing(held: Held) -> Iterator[None]:
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(RENEWED_EVERY.total_seconds()):
            # A store that is away for a moment is asked again; a lost hold is noticed by the next write.
            with suppress(SandboxError), held.bench.store.session() as session:
                renew(session, held.id, held.fence, held.bench.now())

    renewing = threading.Thread(target=go_on, name=f"hold {held.id}", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
