"""A pilot as it is agreed before anything is played: the question, what would answer it, when to stop.

`pilot.yaml` names measures; what a run measures under these names is counted elsewhere. Nothing
here is computed and nothing is judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from sandbox.model.block import Frozen

MEASURES: Mapping[str, str] = {
    "steps.passed": "",
    "steps.failed": "",
    "steps.error": "",
    "steps.skipped": "",
    "exchanges.count": "",
    "exchanges.refused": "",
    "exchanges.server_errors": "",
    "latency.p50": "ms",
    "latency.p95": "ms",
    "latency.p99": "ms",
    "latency.max": "ms",
    "run.seconds": "s",
    "people.seen": "",
}
"""What a run of a story measures, and its unit. The story's outputs come on top, as `outputs.<name>`."""

OF_JOURNEYS: Mapping[str, str] = {
    "journeys.passed": "",
    "journeys.failed": "",
    "journeys.error": "",
    "journeys.not_passed": "",
    "journeys.passed_share": "%",
    "journeys.late": "",
    "journeys.per_second": "/s",
    "journeys.p50": "ms",
    "journeys.p90": "ms",
    "journeys.p95": "ms",
    "journeys.p99": "ms",
    "journeys.max": "ms",
    **{name: unit for name, unit in MEASURES.items() if not name.startswith("steps.")},
}
"""What a run of many journeys measures; the outputs of its closing come on top."""
UNITS: Mapping[str, str] = {**MEASURES, **OF_JOURNEYS}

OUTPUT = "outputs."

Text = Annotated[str, StringConstraints(min_length=3, max_length=600)]
Operator = Literal["==", "!=", "<=", ">=", "<", ">"]
_WANTED = re.compile(r"(==|!=|<=|>=|<|>)\s*(\S.*)")


class Threshold(Frozen):
    """One criterion: what is measured, and which value is good enough, `">= 15"`."""

    measure: str
    label: Text
    wanted: str
    unit: str = ""

    @field_validator("wanted")
    @classmethod
    def _is_a_comparison(cls, wanted: str) -> str:
        compare(wanted)
        return wanted


class StopRule(Frozen):
    """When the pilot is to be stopped, `"> 0"`, and what is done then."""

    measure: str
    label: Text
    when: str
    then: Text
    unit: str = ""

    @field_validator("when")
    @classmethod
    def _is_a_comparison(cls, when: str) -> str:
        compare(when)
        return when


class PilotPlan(Frozen):
    """What `pilot.yaml` says."""

    name: Annotated[str, StringConstraints(min_length=3, max_length=80)]
    question: Text
    boundary: Text
    owner: Text
    set_on: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    thresholds: tuple[Threshold, ...] = Field(min_length=1)
    stop_rules: tuple[StopRule, ...] = ()


class SetPilot(Frozen):
    """A plan with the very bytes that it was read from; their hash is entered before the first step."""

    plan: PilotPlan
    content: bytes
    digest: str
    """SHA-256 of `content`."""


def compare(text: str) -> tuple[Operator, str]:
    """Split `>= 15` into operator and value; ValueError says what is wanted."""
    found = _WANTED.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no comparison, wanted one such as '>= 15' or '== 0'")
    operator: Operator = found[1]  # type: ignore[assignment]
    if operator not in ("==", "!="):
        try:
            float(found[2])
        except ValueError:
            raise ValueError(f"{found[2]!r} is no number, and {operator} compares numbers") from None
    return operator, found[2]
