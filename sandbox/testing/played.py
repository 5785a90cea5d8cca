"""How a scenario that a test had played ended: a small value, made from what the listeners heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.model.run import Check, Event, Outcome, RunFinished, StepFinished, StepResult

_BROKEN = (Outcome.FAILED, Outcome.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedStep:
    """A step that did not hold. `checks` are the conditions that were not met, with found and wanted."""

    path: tuple[str, ...]
    sentence: str
    source: str
    """File and line."""
    outcome: Outcome
    """`failed`, or `error` when it could not be told."""
    reason: str
    checks: tuple[Check, ...]

    def __str__(self) -> str:
        lines = [
            f"{'/'.join(self.path)} ({self.source}) {self.outcome.value}: {self.reason or self.sentence}"
        ]
        lines += [f"  {one.condition}: found {one.found!r}, wanted {one.wanted!r}" for one in self.checks]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Played:
    """One run of a scenario."""

    scenario: str
    outcome: Outcome
    """`passed`, `failed` or `error`; equal to that text."""
    sentence: str
    """The verdict in an official's words."""
    outputs: Mapping[str, Any]
    """The story's outputs by name."""
    evidence: Path
    """Folder with the page (`index.html`), `junit.xml` and everything else."""
    failed_steps: tuple[FailedStep, ...]
    """Innermost ones only: a workflow that failed because of its step is not named again."""
    steps: tuple[StepResult, ...]
    """Every execution of every step."""

    @property
    def passed(self) -> bool:
        """Whether every step held."""
        return self.outcome is Outcome.PASSED

    def __repr__(self) -> str:
        told = [
            f"<Played {self.scenario}: {self.outcome.value}. {self.sentence}",
            f"evidence: {self.evidence}",
        ]
        return "\n".join([*told, *map(str, self.failed_steps)]) + ">"


def tell(scenario: str, finished: RunFinished, heard: Sequence[Event], evidence: Path) -> Played:
    """Sum up a run."""
    steps = tuple(event.result for event in heard if isinstance(event, StepFinished))
    return Played(
        scenario=scenario,
        outcome=finished.verdict.outcome,
        sentence=finished.verdict.sentence,
        outputs=finished.outputs,
        evidence=evidence,
        failed_steps=find_failed(steps),
        steps=steps,
    )


def find_failed(steps: Sequence[StepResult]) -> tuple[FailedStep, ...]:
    """Find the innermost steps that did not hold, in their order."""
    broken = [step for step in steps if step.outcome in _BROKEN]
    outer = {step.path[:length] for step in broken for length in range(1, len(step.path))}
    return tuple(
        FailedStep(
            path=step.path,
            sentence=step.sentence,
            source=step.source,
            outcome=step.outcome,
            reason=step.reason,
            checks=tuple(check for check in step.checks if not check.held),
        )
        for step in broken
        if step.path not in outer
    )
