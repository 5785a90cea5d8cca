"""What nobody works on although somebody should: submitted again, and sandboxes whose lease ran out.

Runs beside the queue, on any host and on several at once: jobs are held before they are done.
"""

from __future__ import annotations

import logging
import threading

from sandbox.errors import SandboxError
from sandbox.jobs.queue import JobQueue
from sandbox.store import accounts
from sandbox.store.jobs import Job, add_job, unheld
from sandbox.store.wishes import expired_sandboxes
from sandbox.tasks.work import Bench

EVERY_SECONDS = 5.0
log = logging.getLogger("sandbox.tasks")


def reap(bench: Bench, queue: JobQueue) -> int:
    """Submit what waits or lost its holder, and the removal of what expired; give how many were submitted."""
    with bench.store.session() as session:
        now = bench.now()
        for sandbox in expired_sandboxes(session, now):
            sandbox.state = "removing"
            add_job(session, Job.REMOVE, sandbox.id, now=now, host=sandbox.host)
        accounts.sweep(session, now)
        found = [(row.id, row.host) for row in unheld(session, now)]
    for job, host in found:
        queue.submit(job, host=host)
    return len(found)


def reap_until(ended: threading.Event, bench: Bench, queue: JobQueue) -> None:
    """Reap at once, then every few seconds until the event is set; a store that is away is asked again."""
    while True:
        try:
            reap(bench, queue)
        except SandboxError as error:
            log.warning("%s", error)
        if ended.wait(EVERY_SECONDS):
            return
