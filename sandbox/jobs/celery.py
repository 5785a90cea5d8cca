"""Jobs done by Celery workers over Redis, on this machine and on others.

A message is the id of a job and nothing else, as JSON; a worker looks the job up in the store, so
a forged one starts nothing. What only one machine can do goes to that machine's own queue. The
broker's time-outs decide nothing: who holds a job stands in the store.
"""

from __future__ import annotations

from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from sandbox.errors import RuntimeUnavailable, UsageError
from sandbox.jobs.queue import Work

SHARED = "sandboxes"
"""Whoever has room takes from it."""
TASK = "sandbox.do_job"
LIMIT = 45 * 60
"""Seconds; the longest honest job plays a scenario over a million citizens."""
TO_TIDY_UP = 5 * 60
"""Seconds that a job has to take down what it began, once it was told that it took too long."""
VISIBLE_AGAIN = 2 * 60 * 60
"""Seconds until Redis hands out a message that nobody confirmed; the store's reaper is much faster."""


def host_queue(host: str) -> str:
    """Name the queue of one machine."""
    return f"host.{host}"


def make_celery(url: str, host: str = "", limit: int = LIMIT) -> Celery:
    """Configure Celery; with a host, for a worker of that machine. Raises UsageError without a broker.

    A job that takes longer than `limit` seconds is told so, and ended with its process five minutes later.
    """
    if not url.startswith(("redis://", "rediss://", "unix://", "redis+socket://")):
        raise UsageError("celery needs a Redis", hint="--broker redis://host:6379/0, or SANDBOX_BROKER")
    app = Celery("civic-sandbox", broker=url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_soft_time_limit=limit,
        task_time_limit=limit + TO_TIDY_UP,
        task_default_queue=SHARED,
        task_create_missing_queues=True,
        task_queues=[_queue(SHARED), _queue(host_queue(host))] if host else None,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": VISIBLE_AGAIN,
            "socket_connect_timeout": 3,
            "socket_timeout": 5,
            # Whoever asked is not kept waiting: the job stands in the store.
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
        },
    )
    return app


def _queue(name: str) -> Queue:
    return Queue(name)  # type: ignore[no-untyped-call]


class CeleryQueue:
    """Sends ids of jobs; works on nothing itself."""

    def __init__(self, app: Celery) -> None:
        """Send with this configuration."""
        self._app = app

    def submit(self, job: str, *, host: str = "") -> None:
        """Have it done by any worker, or by one of the named machine. Raises RuntimeUnavailable."""
        queue = host_queue(host) if host else SHARED
        try:
            self._app.send_task(TASK, args=[job], queue=queue, retry=False)
        except OperationalError as error:
            raise RuntimeUnavailable(
                f"the job queue does not answer: {error}", hint="jobs wait in the store until it does"
            ) from error

    def close(self) -> None:
        """Let go of the connections."""
        self._app.close()


def open_queue(work: Work, *, url: str, workers: int) -> CeleryQueue:
    """Open it; workers are processes of their own (`sandbox worker`)."""
    del work, workers
    return CeleryQueue(make_celery(url))
