"""Many journeys on a terminal: a table that is updated in place, a line at every tenth elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, Group
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from sandbox.cli.output import MARKS
from sandbox.model.crowd import CrowdReport, StepFigures
from sandbox.model.run import Outcome
from sandbox.runner.tallies import Snapshot

MOST_STEPS_SHOWN = 6


@dataclass(slots=True)
class CrowdView:
    """Shows snapshots while they come."""

    console: Console
    _tenths: int = 0

    def show(self, snapshot: Snapshot, progress: Progress) -> None:
        """Show one snapshot: in place of the moving line on a terminal, now and then as a line elsewhere."""
        if self.console.is_terminal:
            progress.live.update(draw_snapshot(snapshot), refresh=True)
            return
        tenths = snapshot.finished * 10 // snapshot.asked
        if tenths > self._tenths:
            self._tenths = tenths
            self.console.print(
                f"{snapshot.finished:,} of {snapshot.asked:,} journeys after {snapshot.seconds:.0f} s: "
                f"{snapshot.passed:,} passed, {snapshot.failed:,} failed, {snapshot.error:,} error; "
                f"half within {say(snapshot.p50)}, 19 of 20 within {say(snapshot.p95)}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )


def draw_snapshot(snapshot: Snapshot) -> Group:
    """Draw counts, rate, durations, and errors by step."""
    rate = snapshot.finished / snapshot.seconds if snapshot.seconds > 0 else 0.0
    table = Table(
        "journeys", "passed", "failed", "error", "under way", "a second", "half within", "19 of 20 within"
    )
    table.add_row(
        f"{snapshot.finished:,} of {snapshot.asked:,}",
        _count(snapshot.passed, Outcome.PASSED),
        _count(snapshot.failed, Outcome.FAILED),
        _count(snapshot.error, Outcome.ERROR),
        f"{snapshot.under_way:,}",
        f"{rate:.1f}",
        say(snapshot.p50),
        say(snapshot.p95),
    )
    return Group(
        table,
        *([_errors(snapshot.steps)] if snapshot.steps else []),
        Text("Ctrl-C ends it; what is done counts", "dim"),
    )


def print_crowd(console: Console, report: CrowdReport) -> None:
    """Print what came of all journeys."""
    console.print(
        f"  journeys: {report.passed:,} passed, {report.failed:,} failed, {report.error:,} error"
        + (f", {report.stopped:,} stopped" if report.stopped else "")
        + f", of {report.asked:,}; {report.per_second:.1f} a second",
        highlight=False,
    )
    console.print(
        f"  half within {say(report.p50)}, 9 of 10 {say(report.p90)}, 19 of 20 {say(report.p95)}, "
        f"99 of 100 {say(report.p99)}, slowest {say(report.slowest)}"
        + (" from their planned start" if report.rate is not None else ""),
        highlight=False,
    )
    if report.late:
        console.print(
            f"  {report.late:,} began more than 0.1 s late: more --concurrency would begin them in time"
        )
    failing = tuple(step for step in report.steps if step.failed)
    if failing:
        console.print(_errors(failing))


def say(milliseconds: float) -> str:
    """Write a duration."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.2f} s"


def _errors(steps: tuple[StepFigures, ...]) -> Table:
    table = Table("step that did not pass", "times", "of", "most often because")
    for step in sorted(steps, key=lambda each: -each.failed)[:MOST_STEPS_SHOWN]:
        why = step.reasons[0].text if step.reasons else ""
        table.add_row(Text(step.sentence), f"{step.failed:,}", f"{step.played:,}", Text(why[:120]))
    return table


def _count(number: int, outcome: Outcome) -> Text:
    mark, colour = MARKS[outcome]
    return Text(f"{mark} {number:,}", colour if number else "dim")
