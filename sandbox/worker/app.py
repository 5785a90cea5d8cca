"""The Celery worker: one task, an id in and nothing out.

Each child opens the store for itself, since connections don't survive a fork. A reaper runs beside
them, so that what a killed worker held is submitted again whether a server is up or not.
"""

from __future__ import annotations

import platform
import threading
from dataclasses import dataclass
from functools import cache

from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded

from sandbox.jobs.celery import LIMIT, TASK, CeleryQueue, make_celery
from sandbox.settings import Settings
from sandbox.store.store import open_store
from sandbox.tasks.doings import make_work
from sandbox.tasks.reaper import reap_until
from sandbox.tasks.work import Bench, worker_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """How a worker works. `host` names this machine's own queue."""

    store: str
    broker: str
    processes: int = 2
    limit: int = LIMIT
    """Seconds that a job may take."""
    host: str = platform.node()


def make_worker(settings: Settings, how: Working) -> Celery:
    """Give the application with its task."""
    app = make_celery(how.broker, how.host, how.limit)

    @cache
    def bench() -> Bench:
        return Bench(
            settings=settings,
            store=open_store(how.store),
            worker=worker_name(),
            host=how.host,
            too_long=(SoftTimeLimitExceeded,),
        )

    def do_job(job: str) -> None:
        make_work(bench())(job)

    app.task(do_job, name=TASK)
    return app


def work(settings: Settings, how: Working) -> None:
    """Work until told to stop; what is being done is finished first. Raises UsageError."""
    store = open_store(how.store)  # what is wrong with it is said before anything starts
    app = make_worker(settings, how)
    bench = Bench(settings=settings, store=store, worker=worker_name(), host=how.host)
    ended = threading.Event()
    reaping = threading.Thread(
        target=reap_until, args=(ended, bench, CeleryQueue(app)), name="reaper", daemon=True
    )
    reaping.start()
    try:
        app.worker_main(
            [
                "worker",
                "--loglevel=WARNING",
                f"--concurrency={how.processes}",
                "--without-mingle",
                "--without-gossip",
            ]
        )
    finally:
        ended.set()
        store.close()
