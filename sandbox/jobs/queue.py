"""What submits a job to whoever works it, and how a driver is found by name.

Jobs converge, so one may be submitted twice, late, or after its worker died: whoever takes it
holds it in the store first. A queue keeps no results; how far a job is stands in the store.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol, cast

from sandbox.errors import UsageError

Work = Callable[[str], None]
"""Does one job, given its id; must not raise."""


class JobQueue(Protocol):
    """A way to have jobs done."""

    def submit(self, job: str, *, host: str = "") -> None:
        """Have a job done soon, by this host alone when one is named. Raises RuntimeUnavailable."""

    def close(self) -> None:
        """Take no more; what is being done is left to the store's holds."""


class Driver(Protocol):
    """A module below `sandbox.jobs` that opens a queue."""

    def open_queue(self, work: Work, *, url: str, workers: int) -> JobQueue:
        """Open it. `work` is for queues that work in this process."""


DRIVERS = ("inline", "celery")


def load_queue(name: str, work: Work, *, url: str = "", workers: int = 2) -> JobQueue:
    """Open the queue of that name. Raises UsageError naming those there are, RuntimeUnavailable."""
    if name not in DRIVERS:
        raise UsageError(f"there is no job queue {name!r}", hint=f"there are: {', '.join(DRIVERS)}")
    driver = cast("Driver", importlib.import_module(f"sandbox.jobs.{name}"))
    return driver.open_queue(work, url=url, workers=workers)
