"""The run's end in an official's words: one sentence and its figures, each with its exchanges.

Sentences come from the scenario's `findings.yaml`; a failure's sentence is made of the step
that failed, what was found and what was wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.calls.context import as_text, shorten
from sandbox.errors import ContentError
from sandbox.model.run import Check, Figure, Outcome, StepResult, Verdict
from sandbox.model.scenario import Findings, Scenario
from sandbox.runner.compiled import CompiledWorkflow

_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_.-]+)\}")
_LONGEST_VALUE = 160


def find_findings_faults(scenario: Scenario, story: CompiledWorkflow) -> list[ContentError]:
    """List what `findings.yaml` names and the story does not give."""
    first = next(iter(scenario.story.workflows.values()))
    path = first.place.path.rpartition("/")[0] + "/findings.yaml"
    outputs = {name for name, _ in story.outputs}
    known = outputs | set(story.inputs.get("properties", {}))
    said = ", ".join(sorted(known)) or "none"
    faults = [
        f"the sentence names {name!r}, which is no input or output of the story; known are: {said}"
        for name in _PLACEHOLDER.findall(scenario.findings.passed)
        if name not in known
    ]
    faults += [
        f"a figure shows {figure.output!r}, which is no output of the story"
        for figure in scenario.findings.figures
        if figure.output not in outputs
    ]
    return [ContentError(fault, path=path) for fault in faults]


def write_number(value: Any) -> str:
    """Write a value as a reader expects it: 1,840,000 and 12.50, yes and no, texts as they are."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.2f}"
    return as_text(value)


def conclude_passed(
    findings: Findings,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    origins: Mapping[str, tuple[str, ...]],
    steps: Mapping[str, int],
) -> Verdict:
    """Fill in the sentence of success and its figures. `origins` are exchanges by output.

    A finding that the story has no value for is not a success, whatever its steps say.
    """
    values = {**inputs, **outputs}
    named = [*_PLACEHOLDER.findall(findings.passed), *(figure.output for figure in findings.figures)]
    absent = next((name for name in named if name not in values), None)
    if absent is not None:
        reason = f"Every step passed, but the story gave no {absent!r}, which its findings name."
        return conclude_failed(None, reason, steps)
    sentence = _PLACEHOLDER.sub(lambda found: write_number(values[found[1]]), findings.passed)
    figures = tuple(
        Figure(
            name=figure.output,
            label=figure.label,
            value=outputs[figure.output],
            unit=figure.unit,
            exchanges=origins.get(figure.output, ()),
        )
        for figure in findings.figures
    )
    return Verdict(outcome=Outcome.PASSED, sentence=sentence, figures=figures, steps=dict(steps))


def conclude_failed(step: StepResult | None, reason: str, steps: Mapping[str, int]) -> Verdict:
    """Say which step failed and why; `reason` serves when no step can be blamed."""
    sentence = (
        f"Step {step.number} failed: “{step.sentence.rstrip('.')}” — {step.reason}." if step else reason
    )
    return Verdict(outcome=Outcome.FAILED, sentence=sentence, steps=dict(steps))


def conclude_error(step: StepResult | None, reason: str, steps: Mapping[str, int]) -> Verdict:
    """Say why the run could not tell."""
    where = f" at step {step.number}, “{step.sentence.rstrip('.')}”" if step else ""
    return Verdict(
        outcome=Outcome.ERROR,
        sentence=f"The run could not be judged{where}: {reason.rstrip('.')}.",
        steps=dict(steps),
    )


def explain_check(check: Check) -> str:
    """Say what a failed check found and what it wanted."""
    found, wanted = (shorten(as_text(value), _LONGEST_VALUE) for value in (check.found, check.wanted))
    return f"{check.condition}: found {found}, wanted {wanted}"
