"""A block's thread for what is done between requests: repeats its steps, sleeps when none has anything to do.

It remembers nothing. What is to be done stands in the database, so a worker that died is
replaced by any other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

POLL_SECONDS = 0.25
STOP_SECONDS = 10.0

Step = Callable[[], bool]
"""Does one piece of work; tells whether there was any."""
Patience = Callable[[int], float]
"""Given how often something has failed, the real seconds to wait before it is tried again."""


def grow(failures: int) -> float:
    """Wait half a second at first, twice as long each time, never more than fifteen seconds."""
    return float(min(0.25 * 2 ** min(failures, 10), 15.0))


class Worker:
    """Runs steps in a thread from start to stop."""

    def __init__(
        self, name: str, log: logging.Logger, has_work: Callable[[], bool], steps: Sequence[Step]
    ) -> None:
        self._name = name
        self._log = log
        self._has_work = has_work
        self._steps = steps
        self._stopping = threading.Event()
        self._waking = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; what was left unfinished by an earlier worker is taken up at once."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=f"{self._name}-worker", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that there is work."""
        self._waking.set()

    def stop(self) -> None:
        """End after the step that is being done."""
        self._stopping.set()
        self._waking.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._work():
                self._waking.wait(POLL_SECONDS)
                self._waking.clear()

    def _work(self) -> bool:
        if not self._try(self._has_work):
            return False
        worked = False
        for step in self._steps:
            if self._stopping.is_set():
                break
            worked = self._try(step) or worked
        return worked

    def _try(self, step: Step) -> bool:
        try:
            return step()
        except Exception as error:
            # What was accepted must be finished whatever happens on the way: a reset ends this
            # database session, a restart of the server too. The step's transaction was rolled back.
            self._log.warning("a step of the worker broke: %s", error, exc_info=error)
            return False
