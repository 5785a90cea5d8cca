"""Holds a run against the criteria that were set before it.

Every measure is counted from events and from the mediator's log, and names the exchanges that it
was counted from. A measure that the run did not come to is not known, and what is not known meets
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.evidence.counting import Measured, count_exchanges
from sandbox.evidence.crowd import CrowdEvidence
from sandbox.evidence.material import CriterionFound, Pilot, StopRuleFound
from sandbox.model.crowd import CrowdReport
from sandbox.model.pilot import OUTPUT, UNITS, SetPilot, compare
from sandbox.model.run import Event, Exchange, RunFinished, RunStarted, StepFinished


def judge_pilot(
    pilot: SetPilot,
    events: Sequence[Event],
    exchanges: Sequence[Exchange],
    crowd: CrowdEvidence | None = None,
) -> Pilot:
    """Measure what the pilot asks for and say what was met; after many journeys, over all of them."""
    plan = pilot.plan
    found = take_crowd_measures(events, crowd) if crowd else take_measures(events, exchanges)
    nothing = Measured(None)
    return Pilot(
        name=plan.name,
        question=plan.question,
        boundary=plan.boundary,
        owner=plan.owner,
        set_on=plan.set_on,
        digest=pilot.digest,
        criteria=tuple(
            CriterionFound(
                label=each.label,
                wanted=each.wanted,
                found=found.get(each.measure, nothing).value,
                unit=each.unit or UNITS.get(each.measure, ""),
                met=holds(each.wanted, found.get(each.measure, nothing).value),
                exchanges=found.get(each.measure, nothing).exchanges,
            )
            for each in plan.thresholds
        ),
        stop_rules=tuple(
            StopRuleFound(
                label=each.label,
                when=each.when,
                found=found.get(each.measure, nothing).value,
                unit=each.unit or UNITS.get(each.measure, ""),
                # Nobody can say that a limit was kept which was never measured.
                reached=found.get(each.measure, nothing).value is None
                or holds(each.when, found[each.measure].value),
                then=each.then,
                exchanges=found.get(each.measure, nothing).exchanges,
            )
            for each in plan.stop_rules
        ),
    )


def holds(comparison: str, found: Any) -> bool:
    """Whether a value is what a comparison wants; false for what is not known or of another kind."""
    operator, wanted = compare(comparison)
    left, right = _number(found), _number(wanted)
    if operator in ("==", "!="):
        if found is None:
            return False
        equal = left == right if left is not None and right is not None else _text(found) == wanted
        return equal is (operator == "==")
    if left is None or right is None:
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def take_measures(events: Sequence[Event], exchanges: Sequence[Exchange]) -> Mapping[str, Measured]:
    """Measure everything that a threshold may refer to; what the run did not come to is left out."""
    return {
        **_count_steps(events),
        **count_exchanges(exchanges),
        **_measure_run(events),
    }


def take_crowd_measures(events: Sequence[Event], crowd: CrowdEvidence) -> Mapping[str, Measured]:
    """Measure a run of many journeys. Steps are not counted: events hold those of a few journeys only."""
    return {
        **crowd.spooled.measures,
        **(_measure_crowd(crowd.report) if crowd.report else {}),
        **_measure_run(events),
    }


def _count_steps(events: Sequence[Event]) -> dict[str, Measured]:
    results = [event.result for event in events if isinstance(event, StepFinished)]
    if not results:
        return {}
    counted: dict[str, Measured] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        those = [result for result in results if result.outcome == outcome]
        calls = tuple(result.call.exchange_id for result in those if result.call and result.call.exchange_id)
        counted[f"steps.{outcome}"] = Measured(len(those), calls)
    return counted


def _measure_crowd(report: CrowdReport) -> dict[str, Measured]:
    """Measure what came of many journeys; counted from `journeys.jsonl`, not from exchanges."""
    ended = report.passed + report.failed + report.error
    counted: dict[str, Any] = {
        "journeys.passed": report.passed,
        "journeys.failed": report.failed,
        "journeys.error": report.error,
        "journeys.not_passed": report.asked - report.passed,
        "journeys.late": report.late,
    }
    if ended:
        counted |= {
            "journeys.passed_share": round(100 * report.passed / report.asked, 3),
            "journeys.per_second": round(report.per_second, 3),
            "journeys.p50": report.p50,
            "journeys.p90": report.p90,
            "journeys.p95": report.p95,
            "journeys.p99": report.p99,
            "journeys.max": report.slowest,
        }
    return {name: Measured(value) for name, value in counted.items()}


def _measure_run(events: Sequence[Event]) -> dict[str, Measured]:
    started = next((event for event in events if isinstance(event, RunStarted)), None)
    finished = next((event for event in events if isinstance(event, RunFinished)), None)
    if started is None or finished is None:
        return {}
    figures = {figure.name: figure.exchanges for figure in finished.verdict.figures}
    return {
        "run.seconds": Measured(round((finished.finished - started.started).total_seconds(), 3)),
        **{
            f"{OUTPUT}{name}": Measured(value, figures.get(name, ()))
            for name, value in finished.outputs.items()
        },
    }
