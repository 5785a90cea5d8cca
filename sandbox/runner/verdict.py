"""The run's end in an official's words: one sentence and its figures, each with its exchanges.

Sentences come from the scenario's `findings.yaml`; a failure's sentence is made of the step
that failed, what was found and what was wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.calls.context import as_text, shorten
from sandbox.model.run import Check, Figure, Outcome, StepResult, Verdict
from sandbox.model.scenario import Findings

_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_.-]+)\}")
_LONGEST_VALUE = 160
_COMPARISON = re.compile(
    r"\$(?:statusCode|response\.body#/(?P<pointer>\S+))\s*(?P<operator>==|!=|<=|>=|<|>)[^&|]+"
)
_OPERATORS = {
    "==": "",
    "!=": "anything but ",
    "<": "less than ",
    "<=": "at most ",
    ">": "more than ",
    ">=": "at least ",
}


def write_number(value: Any) -> str:
    """Write a value as a reader expects it: 1,840,000 and 12.50, yes and no, texts as they are."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.2f}"
    return as_text(value)


def fill_in(text: str, values: Mapping[str, Any]) -> str:
    """Put values in their places; a place that nobody has a value for stays as it is."""
    return _PLACEHOLDER.sub(
        lambda found: write_number(values[found[1]]) if found[1] in values else found[0], text
    )


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
    texts = (findings.passed, *(figure.unit for figure in findings.figures))
    named = [name for text in texts for name in _PLACEHOLDER.findall(text)]
    named += [figure.output for figure in findings.figures]
    absent = next((name for name in named if name not in values), None)
    if absent is not None:
        reason = f"Every step passed, but the story gave no {absent!r}, which its findings name."
        return conclude_failed(None, reason, steps)

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: write_number(values[found[1]]), text)

    sentence = fill(findings.passed)
    figures = tuple(
        Figure(
            name=figure.output,
            label=figure.label,
            value=outputs[figure.output],
            unit=fill(figure.unit),
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
    """Say what a failed check found and what it wanted: `count: found 0, wanted at least 8`.

    A comparison of something in the answer is said in words; any other condition is quoted.
    """
    found, wanted = (shorten(as_text(value), _LONGEST_VALUE) for value in (check.found, check.wanted))
    plain = _COMPARISON.fullmatch(check.condition)
    if plain is None:
        return f"{check.condition}: found {found}, wanted {wanted}"
    subject = _name_field(plain["pointer"]) if plain["pointer"] else "status of the answer"
    return f"{subject}: found {found}, wanted {_OPERATORS[plain['operator']]}{wanted}"


def _name_field(pointer: str) -> str:
    """Name a field by its pointer: `applications/0/applicantName` is `applicant name`."""
    names = [part for part in pointer.split("/") if part and not part.isdigit()]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]", " ", names[-1] if names else "answer").split()
    return " ".join(word if word.isupper() else word.lower() for word in words)
