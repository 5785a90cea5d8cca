"""The end of a run of many journeys in an official's words: how many came through, how fast, and what
the closing found. A run that was interrupted is told as far as it came, and never as a success.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.model.crowd import CrowdReport, StepFigures
from sandbox.model.run import Figure, Outcome, StepResult, Verdict
from sandbox.model.scenario import Findings
from sandbox.runner.verdict import conclude_error, conclude_failed, fill_in


def conclude_crowd(
    findings: Findings,
    report: CrowdReport | None,
    *,
    values: Mapping[str, Any],
    outputs: Mapping[str, Any],
    origins: Mapping[str, tuple[str, ...]],
    steps: Mapping[str, int],
    part: str = "",
    failure: StepResult | None = None,
    reason: str = "",
) -> Verdict:
    """Judge a run.

    Args:
        values: What units of figures may name.
        part: `prepare` or `closing` when that did not pass; `failure` and `reason` say why.
    """
    counted = dict(steps)
    if report is None:
        return conclude_failed(failure, reason, counted)
    told = say_journeys(report)
    if report.interrupted:
        return conclude_error(None, f"it was interrupted; {told}, and the closing was not played", counted)
    if part:
        closing = conclude_failed(failure, reason, counted).sentence
        return Verdict(outcome=Outcome.FAILED, sentence=f"{_capital(told)}. {closing}", steps=counted)
    figures = tuple(
        Figure(
            name=figure.output,
            label=figure.label,
            value=outputs[figure.output],
            unit=fill_in(figure.unit, {**values, **outputs}),
            exchanges=origins.get(figure.output, ()),
        )
        for figure in findings.figures
        if figure.output in outputs
    )
    if report.failed or report.error:
        outcome = Outcome.FAILED if report.failed else Outcome.ERROR
        sentence = f"{_capital(told)}. {say_errors(report.steps)}".rstrip()
    else:
        outcome, sentence = Outcome.PASSED, f"{_capital(told)}, and the closing found everything in order."
    return Verdict(outcome=outcome, sentence=sentence, figures=figures, steps=counted)


def say_journeys(report: CrowdReport) -> str:
    """Say how many passed and how long they took, as part of a sentence."""
    times = (
        f"; half took at most {_seconds(report.p50)}, 19 of 20 at most {_seconds(report.p95)}"
        if report.finished
        else ""
    )
    return (
        f"{report.passed:,} of {report.asked:,} journeys passed in {report.seconds:,.1f} s, "
        f"{report.per_second:.1f} a second{times}"
    )


def say_errors(steps: tuple[StepFigures, ...]) -> str:
    """Say at which step most went wrong, and why."""
    worst = max(steps, key=lambda step: step.failed, default=None)
    if worst is None or not worst.failed:
        return ""
    reason = f": {worst.reasons[0].text}" if worst.reasons else ""
    return f"Most went wrong at “{worst.sentence.rstrip('.')}”, {worst.failed:,} times{reason}."


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
