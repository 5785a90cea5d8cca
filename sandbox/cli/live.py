"""What a person sees while something takes longer than a second: stages, then steps as they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from sandbox.cli.crowd import CrowdView
from sandbox.cli.output import MARKS
from sandbox.lifecycle.service import Report
from sandbox.model.run import Event, Outcome, StepFinished, StepStarted
from sandbox.runner.tallies import Snapshot


@dataclass(slots=True)
class Live:
    """Hears stages (`report`) and events (`hear`). On a terminal one line moves; elsewhere lines are few."""

    console: Console
    progress: Progress
    quiet: bool = False
    verbose: bool = False
    _task: TaskID | None = None
    _stage: str = ""
    _crowd: CrowdView | None = None
    _seen: dict[tuple[str, ...], int] = field(default_factory=dict)

    def report(self, stage: str, done: int, total: int) -> None:
        """Hear what is being done."""
        if self.quiet:
            return
        if not self.console.is_terminal:
            if stage != self._stage:
                self._stage = stage
                self.console.print(stage)
            return
        self._show(stage, done, total if total > 1 else None)

    def hear(self, event: Event) -> None:
        """Hear the run; must not raise."""
        if self.quiet:
            return
        if isinstance(event, StepStarted) and self.console.is_terminal:
            self._show(event.sentence, event.number, None)
        elif isinstance(event, StepFinished):
            self._tell(event)

    def watch(self, snapshot: Snapshot) -> None:
        """Hear how far many journeys have come."""
        if self.quiet:
            return
        if self._crowd is None:
            self._crowd = CrowdView(self.console)
        self._crowd.show(snapshot, self.progress)

    def _show(self, text: str, done: int, total: int | None) -> None:
        text = text if len(text) <= 76 else f"{text[:75]}…"
        if self._task is None:
            self._task = self.progress.add_task(text, total=total, completed=done)
        else:
            self.progress.update(self._task, description=text, total=total, completed=done)

    def _tell(self, event: StepFinished) -> None:
        """Print one line per thing: top-level steps the first time, and whatever did not pass."""
        step = event.result
        place = (*step.path[:-1], step.step_id)
        self._seen[place] = self._seen.get(place, 0) + 1
        repeated = self._seen[place] > 1
        if step.outcome is Outcome.PASSED and not self.verbose and (repeated or step.depth > 0):
            return
        mark, colour = MARKS[step.outcome]
        indent = "  " * step.depth if self.verbose else ""
        sentence = step.sentence.replace("[", r"\[")
        self.console.print(
            f"{indent}[{colour}]{mark} {step.outcome.value}[/{colour}]  {sentence}", soft_wrap=True
        )
        if step.reason:
            self.console.print(f"{indent}          {step.reason.replace('[', chr(92) + '[')}", soft_wrap=True)


@contextmanager
def live(console: Console, *, quiet: bool, verbose: bool = False) -> Iterator[Live]:
    """Show progress for as long as the block lasts."""
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    shown = Live(console=console, progress=progress, quiet=quiet, verbose=verbose)
    with progress:
        yield shown


def report_of(shown: Live) -> Report:
    """Give the stage listener."""
    return shown.report
