"""How long to wait, in real seconds, before trying again what failed."""

from __future__ import annotations

from collections.abc import Callable

Patience = Callable[[int], float]
"""Given how often it has failed, the seconds to wait."""


def grow(failures: int) -> float:
    """Wait half a second at first, twice as long each time, never more than fifteen seconds."""
    return float(min(0.25 * 2 ** min(failures, 10), 15.0))
