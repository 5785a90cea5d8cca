"""The sandbox's clock: an offset from the machine's, for business dates only.

Ages, cycles, due dates and expiry of permits follow it. Tokens, TLS, one-time codes and
time-outs use the machine's clock, or no relying party could log in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


def machine_now() -> datetime:
    """Tell the machine's time (UTC); the one place where a block reads it."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Clock:
    """Business time of one block. The mediator sets it through `/_sandbox/clock`.

    Attributes:
        offset_seconds: What is added to the machine's time.
        epoch: Rises with every reset and restore; keys and sessions of an older epoch are void.
    """

    offset_seconds: int = 0
    epoch: int = 0
    machine: Callable[[], datetime] = machine_now

    def now(self) -> datetime:
        """Tell the sandbox's time (UTC)."""
        return self.machine() + timedelta(seconds=self.offset_seconds)

    def today(self) -> date:
        """Tell the sandbox's date."""
        return self.now().date()
