"""How the terminal says what came of a run, played here or on a server."""

from __future__ import annotations

from sandbox.cli.output import MARKS, out
from sandbox.model.run import Verdict


def print_verdict(verdict: Verdict) -> None:
    """Print outcome, sentence and figures."""
    console = out()
    mark, colour = MARKS[verdict.outcome]
    sentence = verdict.sentence.replace("[", r"\[")
    console.print(f"\n[{colour}]{mark} {verdict.outcome.value}[/{colour}]  {sentence}")
    for figure in verdict.figures:
        unit = f" {figure.unit}" if figure.unit else ""
        console.print(
            f"  {figure.label}: {figure.value:,}{unit}"
            if _countable(figure.value)
            else f"  {figure.label}: {figure.value}{unit}"
        )


def _countable(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
