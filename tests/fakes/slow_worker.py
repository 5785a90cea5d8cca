"""A worker whose jobs never end by themselves, and may take two seconds.

`python -m tests.fakes.slow_worker STORE BROKER`
"""

from __future__ import annotations

import sys
import time

from sandbox.settings import Settings
from sandbox.store.jobs import Job
from sandbox.tasks.doings import DOINGS
from sandbox.tasks.work import Held, in_words
from sandbox.worker.app import Working, work


def never_end(held: Held) -> None:
    """Go on until somebody interrupts."""
    with in_words(held, lambda reason, hint: held.tell("failed", {"reason": reason, "hint": hint})):
        while True:
            time.sleep(0.1)


if __name__ == "__main__":
    DOINGS[Job.REMOVE] = never_end  # type: ignore[index]
    work(Settings(), Working(store=sys.argv[1], broker=sys.argv[2], processes=1, limit=2))
