"""Jobs done by threads of this process: enough for one machine, and nothing to install."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from sandbox.jobs.queue import Work


class InlineQueue:
    """Some threads, each with one job at a time."""

    def __init__(self, work: Work, workers: int) -> None:
        """Work with so many threads."""
        self._work = work
        self._waiting: set[str] = set()
        self._lock = Lock()
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="job")

    def submit(self, job: str, *, host: str = "") -> None:
        """Have it done by the next free thread; one that waits already does not wait twice."""
        del host  # this process is the only one there is
        with self._lock:
            if job in self._waiting:
                return
            self._waiting.add(job)
        self._threads.submit(self._begin, job)

    def _begin(self, job: str) -> None:
        with self._lock:
            self._waiting.discard(job)
        self._work(job)

    def close(self) -> None:
        """Wait for what has begun; what has not stays in the store, for the next start."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def open_queue(work: Work, *, url: str, workers: int) -> InlineQueue:
    """Open it; there is no address."""
    del url
    return InlineQueue(work, workers)
