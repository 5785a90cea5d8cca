"""Holds a run against the criteria that were set before it.

Every measure is counted from events and from the mediator's log, and names the exchanges that it
was counted from. A measure that the run did not come to is not known, and what is not known meets
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.evidence.material import CriterionFound, Pilot, StopRuleFound
from sandbox.model.pilot import MEASURES, OUTPUT, SetPilot, compare
from sandbox.model.run import Event, Exchange, RunFinished, RunStarted, StepFinished


@dataclass(frozen=True, slots=True)
class Measured:
    """A value and the exchanges that it was counted from."""

    value: Any
    exchanges: tuple[str, ...] = ()


def judge_pilot(pilot: SetPilot, events: Sequence[Event], exchanges: Sequence[Exchange]) -> Pilot:
    """Measure what the pilot asks for and say what was met."""
    plan = pilot.plan
    found = take_measures(events, exchanges)
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
                unit=each.unit or MEASURES.get(each.measure, ""),
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
                unit=each.unit or MEASURES.get(each.measure, ""),
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
        **_count_exchanges(exchanges),
        **_measure_latency(exchanges),
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


def _count_exchanges(exchanges: Sequence[Exchange]) -> dict[str, Measured]:
    if not exchanges:
        return {}
    service = [each for each in exchanges if each.kind != "control"]

    def count(those: Sequence[Exchange]) -> Measured:
        return Measured(len(those), tuple(each.id for each in those))

    seen = [each for each in service if each.individual]
    return {
        "exchanges.count": count(service),
        "exchanges.refused": count([each for each in service if each.refused]),
        "exchanges.server_errors": count([each for each in service if each.status >= 500]),
        "people.seen": Measured(len({each.individual for each in seen}), tuple(each.id for each in seen)),
    }


def _measure_latency(exchanges: Sequence[Exchange]) -> dict[str, Measured]:
    """Percentiles by nearest rank over all calls that reached a block, in milliseconds."""
    calls = sorted(
        (each for each in exchanges if each.kind in ("call", "public") and not each.refused),
        key=lambda each: each.milliseconds,
    )
    if not calls:
        return {}

    def at(percent: float) -> Measured:
        one = calls[max(0, math.ceil(len(calls) * percent / 100) - 1)]
        return Measured(one.milliseconds, (one.id,))

    return {f"latency.{name}": at(q) for name, q in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100))}


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
