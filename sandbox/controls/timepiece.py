"""The sandbox's clock as the controls keep it: an offset and an epoch, both told to every block."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sandbox.errors import UsageError

FARTHEST_DAYS = 36_600


def machine_now() -> datetime:
    """Tell the real time (UTC)."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Timepiece:
    """Offsets are whole days, so that the time of day stays the machine's."""

    start: date
    now: Callable[[], datetime] = machine_now
    epoch: int = 1
    _days: int | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def offset_seconds(self) -> int:
        """Seconds from the machine's time to the sandbox's."""
        with self._lock:
            if self._days is None:
                self._days = (self.start - self.now().date()).days
            return self._days * 86_400

    def today(self) -> date:
        """Tell the sandbox's date."""
        return (self.now() + timedelta(seconds=self.offset_seconds)).date()

    def set_offset(self, offset_seconds: int, epoch: int) -> None:
        """Take over what the mediator announces."""
        with self._lock:
            self._days = round(offset_seconds / 86_400)
            self.epoch = epoch

    def later(self, *, days: int | None, to: date | None) -> int:
        """Compute the offset in seconds for a jump. Raises UsageError for a jump back or too far."""
        if (days is None) == (to is None):
            raise UsageError("say either 'days' or 'to'")
        jump = days if days is not None else (to - self.today()).days  # type: ignore[operator]
        if not 0 <= jump <= FARTHEST_DAYS:
            raise UsageError(f"the clock can go forward by 0 to {FARTHEST_DAYS} days, not by {jump}")
        return self.offset_seconds + jump * 86_400

    def anew(self, today: date) -> tuple[int, int]:
        """Give offset and epoch as a reset or a restore announces them, with the date that it goes to."""
        with self._lock:
            return (today - self.now().date()).days * 86_400, self.epoch + 1
