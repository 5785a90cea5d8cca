"""What nobody works on although somebody should: submitted again, and sandboxes whose lease ran out.

Runs beside the queue, on any host and on several at once: jobs are held before they are done.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from datetime import timedelta

from sandbox.bootstrap import make_all_tools
from sandbox.errors import SandboxError
from sandbox.jobs.queue import JobQueue
from sandbox.lifecycle.service import list_all
from sandbox.runtime import Phase
from sandbox.store import accounts, journal, wishes
from sandbox.store.jobs import Job, add_job, unheld
from sandbox.tasks.work import Bench

EVERY_SECONDS = 5.0
AGAIN = timedelta(minutes=5)
"""Until the removal of what expired is tried again, when it failed."""
log = logging.getLogger("sandbox.tasks")


def reap(bench: Bench, queue: JobQueue) -> int:
    """Submit what waits or lost its holder, and the removal of what expired; give how many were submitted."""
    with bench.store.session() as session:
        now = bench.now()
        for sandbox in wishes.expired_sandboxes(session, now):
            sandbox.state = "removing"
            sandbox.expires = now + AGAIN
            add_job(session, Job.REMOVE, sandbox.id, now=now, host=sandbox.host)
        accounts.sweep(session, now)
        wishes.sweep_receipts(session, now)
        found = [(row.id, row.host) for row in unheld(session, now)]
    for job, host in found:
        queue.submit(job, host=host)
    return len(found)


def take_up(bench: Bench, running: Collection[str]) -> int:
    """Have started anew what should run on this machine and does not: after a reboot, nothing does.

    `running` are the names of what runs here. Gives how many there were.
    """
    with bench.store.session() as session:
        lost = [row for row in wishes.running_on(session, bench.host) if row.name not in running]
        for row in lost:
            row.state = "asked"
            journal.tell(session, row.id, "state", {"state": "asked"}, bench.now())
            add_job(session, Job.START, row.id, now=bench.now(), host=bench.host)
    return len(lost)


def look_at_world(bench: Bench) -> set[str]:
    """Name the sandboxes that run on this machine, on any runtime that answers."""
    listed = [each for tools in make_all_tools(bench.settings, None) for each in list_all(tools)]
    # One of which a part still runs is left to its people: starting it anew would cost them what is in it.
    return {each.name for each in listed if Phase.RUNNING.value in each.instances.values()}


def reap_until(ended: threading.Event, bench: Bench, queue: JobQueue) -> None:
    """Take up what a reboot ended, then reap every few seconds until the event is set.

    A store that is away is asked again.
    """
    taken_up = False
    while True:
        try:
            if not taken_up:
                take_up(bench, look_at_world(bench))
                taken_up = True
            reap(bench, queue)
        except SandboxError as error:
            log.warning("%s", error)
        if ended.wait(EVERY_SECONDS):
            return
