"""Many journeys of one run as values: what was asked for, how each ended, and what came of all.

Durations are milliseconds. Where a rate was given they count from the moment at which a journey
was to begin, so that waiting for a free place is part of what a citizen would have waited.
"""

from __future__ import annotations

from enum import StrEnum

from sandbox.errors import UsageError
from sandbox.model.block import Frozen

MOST_JOURNEYS = 10_000
"""As many as one pick of citizens may hold."""
MOST_AT_ONCE = 200
MOST_A_SECOND = 10_000.0


class Ending(StrEnum):
    """How one journey ended; `stopped` when the run was interrupted inside it."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    STOPPED = "stopped"


class CrowdWish(Frozen):
    """How many journeys, how many of them at once, and how many are to begin each second."""

    journeys: int
    concurrency: int = 10
    rate: float | None = None


class JourneyResult(Frozen):
    """One journey. Moments are seconds since the first was to begin."""

    number: int
    individual: str
    planned: float
    started: float
    ended: float
    ending: Ending
    step_id: str = ""
    """The step to blame, when there is one."""
    sentence: str = ""
    reason: str = ""

    @property
    def milliseconds(self) -> float:
        """What the citizen waited, from the planned start on."""
        return (self.ended - self.planned) * 1000


class Reason(Frozen):
    """Why a step did not pass, in words, and how often."""

    text: str
    times: int


class StepFigures(Frozen):
    """One step of the journey over all journeys."""

    step_id: str
    sentence: str
    played: int
    failed: int
    p50: float
    p95: float
    p99: float
    reasons: tuple[Reason, ...] = ()


class Stretch(Frozen):
    """Journeys that ended within one stretch of the run."""

    since: float
    """Seconds from the first planned start."""
    passed: int = 0
    failed: int = 0
    error: int = 0


class CrowdReport(Frozen):
    """What came of all journeys together. `finished` counts those that came to an end of their own."""

    asked: int
    concurrency: int
    rate: float | None
    seconds: float
    passed: int
    failed: int
    error: int
    stopped: int
    interrupted: bool
    p50: float
    p90: float
    p95: float
    p99: float
    slowest: float
    late: int
    """Journeys that began more than `LATE_SECONDS` after they were to begin."""
    stretch_seconds: float
    stretches: tuple[Stretch, ...]
    steps: tuple[StepFigures, ...]

    @property
    def finished(self) -> int:
        """Journeys that came to an end of their own."""
        return self.passed + self.failed + self.error

    @property
    def per_second(self) -> float:
        """Finished journeys a second."""
        return self.finished / self.seconds if self.seconds > 0 else 0.0


def ask_for_journeys(
    journeys: int | None, concurrency: int | None, rate: float | None, *, people: int
) -> CrowdWish | None:
    """Check what was asked for; None when no journeys were. Raises UsageError, one for each fault."""
    if journeys is None:
        given = [
            name for name, value in (("--concurrency", concurrency), ("--rate", rate)) if value is not None
        ]
        if given:
            raise UsageError(f"{given[0]} is for many journeys", hint="say how many: --journeys 1000")
        return None
    _within("--journeys", journeys, 1, MOST_JOURNEYS, "as many citizens as one pick holds")
    at_once = CrowdWish.model_fields["concurrency"].default if concurrency is None else concurrency
    _within("--concurrency", at_once, 1, MOST_AT_ONCE, "each is a thread with a connection of its own")
    if rate is not None and not 0 < rate <= MOST_A_SECOND:
        raise UsageError(
            f"--rate {rate:g} a second can't be kept, wanted more than 0 and at most {MOST_A_SECOND:,.0f}",
            hint="leave it out to begin each journey as soon as another has ended",
        )
    if journeys > people:
        raise UsageError(
            f"--journeys {journeys:,} needs as many citizens, and the population has {people:,} people",
            hint="ask for fewer journeys, or for more people: --size",
        )
    return CrowdWish(journeys=journeys, concurrency=min(at_once, journeys), rate=rate)


def _within(name: str, value: int, least: int, most: int, why: str) -> None:
    if not least <= value <= most:
        raise UsageError(f"{name} is {value:,}, wanted {least} to {most:,}", hint=why)
