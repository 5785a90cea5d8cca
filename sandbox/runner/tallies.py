"""Counts journeys while many are under way; exact, in a few bytes a journey, from any thread.

Keeps no event and no answer: what a journey said is forgotten as soon as it has been counted.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from sandbox.model.crowd import CrowdReport, CrowdWish, Ending, JourneyResult, Reason, StepFigures, Stretch
from sandbox.model.run import Outcome, StepResult

LATE_SECONDS = 0.1
MOST_STRETCHES = 60
MOST_REASONS = 5
_OTHERS = "for other reasons"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a live view shows. Durations in milliseconds."""

    asked: int
    passed: int
    failed: int
    error: int
    under_way: int
    seconds: float
    p50: float
    p95: float
    steps: tuple[StepFigures, ...]
    """Those that did not always pass."""

    @property
    def finished(self) -> int:
        """Journeys that came to an end of their own."""
        return self.passed + self.failed + self.error


@dataclass(slots=True)
class _StepTally:
    step_id: str
    sentence: str
    durations: array[float] = field(default_factory=lambda: array("d"))
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def figures(self) -> StepFigures:
        ordered = sorted(self.durations)
        return StepFigures(
            step_id=self.step_id,
            sentence=self.sentence,
            played=len(ordered),
            failed=self.failed,
            p50=percentile(ordered, 50),
            p95=percentile(ordered, 95),
            p99=percentile(ordered, 99),
            reasons=tuple(Reason(text=text, times=times) for text, times in self.reasons.most_common()),
        )


class Tallies:
    """Hears of every step and every journey."""

    def __init__(self, wish: CrowdWish) -> None:
        self._wish = wish
        self._lock = Lock()
        self._endings: Counter[Ending] = Counter()
        self._steps: dict[tuple[str, ...], _StepTally] = {}
        self._durations = array("d")
        self._ended: list[tuple[float, Ending]] = []
        self._late = 0
        self._under_way = 0

    def begin(self) -> None:
        """Count a journey that begins."""
        with self._lock:
            self._under_way += 1

    def count_step(self, step: StepResult) -> None:
        """Count a step that called an operation, or that is to blame for itself."""
        with self._lock:
            tally = self._steps.get(step.path)
            if tally is None:
                tally = self._steps[step.path] = _StepTally(step.step_id, step.sentence)
            tally.durations.append(step.milliseconds)
            if step.outcome is not Outcome.PASSED:
                tally.failed += 1
                known = step.reason in tally.reasons or len(tally.reasons) < MOST_REASONS
                tally.reasons[step.reason if known else _OTHERS] += 1

    def end(self, journey: JourneyResult) -> None:
        """Count a journey that has ended."""
        with self._lock:
            self._under_way -= 1
            self._endings[journey.ending] += 1
            if journey.ending is Ending.STOPPED:
                return
            self._durations.append(journey.milliseconds)
            self._ended.append((journey.ended, journey.ending))
            self._late += journey.started - journey.planned > LATE_SECONDS

    def look(self, seconds: float) -> Snapshot:
        """Tell how far it has come."""
        with self._lock:
            ordered = sorted(self._durations)
            return Snapshot(
                asked=self._wish.journeys,
                passed=self._endings[Ending.PASSED],
                failed=self._endings[Ending.FAILED],
                error=self._endings[Ending.ERROR],
                under_way=self._under_way,
                seconds=seconds,
                p50=percentile(ordered, 50),
                p95=percentile(ordered, 95),
                steps=tuple(each.figures() for each in self._steps.values() if each.failed),
            )

    def report(self, seconds: float, *, interrupted: bool) -> CrowdReport:
        """Sum everything up."""
        with self._lock:
            ordered = sorted(self._durations)
            width = choose_stretch(seconds)
            return CrowdReport(
                asked=self._wish.journeys,
                concurrency=self._wish.concurrency,
                rate=self._wish.rate,
                seconds=round(seconds, 3),
                passed=self._endings[Ending.PASSED],
                failed=self._endings[Ending.FAILED],
                error=self._endings[Ending.ERROR],
                stopped=self._endings[Ending.STOPPED],
                interrupted=interrupted,
                p50=percentile(ordered, 50),
                p90=percentile(ordered, 90),
                p95=percentile(ordered, 95),
                p99=percentile(ordered, 99),
                slowest=round(ordered[-1], 3) if ordered else 0.0,
                late=self._late,
                stretch_seconds=width,
                stretches=_cut(self._ended, width),
                steps=tuple(each.figures() for each in self._steps.values()),
            )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Give the nearest-rank percentile, a value that was measured; 0 of nothing."""
    if not ordered:
        return 0.0
    return round(ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)], 3)


def choose_stretch(seconds: float) -> float:
    """Choose a round width, so that a run has at most `MOST_STRETCHES` stretches."""
    raw = max(seconds, 1.0) / MOST_STRETCHES
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)


def _cut(ended: Sequence[tuple[float, Ending]], width: float) -> tuple[Stretch, ...]:
    if not ended:
        return ()
    counts: dict[int, Counter[str]] = {}
    for moment, ending in ended:
        counts.setdefault(max(0, int(moment / width)), Counter())[ending.value] += 1
    return tuple(
        Stretch(since=round(place * width, 3), **counts.get(place, Counter()))
        for place in range(max(counts) + 1)
    )
