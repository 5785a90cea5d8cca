from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.evidence.criteria import holds, judge_pilot, take_crowd_measures, take_measures
from sandbox.model.pilot import PilotPlan, SetPilot, StopRule, Threshold
from tests.fakes.sample_pages import sample_crowd
from tests.fakes.sample_run import play_run


def _pilot(measure: str, wanted: str) -> SetPilot:
    plan = PilotPlan(
        name="Cash in Huye",
        question="Is everybody paid?",
        boundary="Twenty households.",
        owner="Ministry",
        set_on="2026-11-12",
        thresholds=(Threshold(measure=measure, label="Something", wanted=wanted),),
        stop_rules=(StopRule(measure=measure, label="Something", when=wanted, then="Stop."),),
    )
    return SetPilot(plan=plan, content=b"x", digest="d")


@pytest.mark.parametrize(
    ("comparison", "found", "wanted"),
    [
        (">= 15", 15, True), (">= 15", 14.9, False), ("< 3", "2", True), ("> 1", True, False),
        ("== 0", 0, True), ("== 0", 0.0, True), ("== RWF", "RWF", True), ("!= RWF", "XTS", True),
        ("== true", True, True), ("== 1", True, False), (">= 1", None, False), ("!= 1", None, False),
        (">= 1", "many", False), (">= 1", float("nan"), False), (">= 1", [2], False),
    ],
)  # fmt: skip
def test_a_comparison_holds_for_values_of_its_kind_only(comparison: str, found: Any, wanted: bool) -> None:
    assert holds(comparison, found) is wanted


def test_every_measure_of_a_log_names_the_exchanges_that_it_was_counted_from() -> None:
    play = play_run()
    ids = {each.id for each in play.exchanges}
    for name, measured in take_measures(play.events, play.exchanges).items():
        assert set(measured.exchanges) <= ids, name
        if name.startswith(("exchanges.count", "latency.", "people.")):
            assert measured.exchanges, name


def test_a_run_that_broke_off_meets_nothing_and_every_limit_counts_as_reached() -> None:
    judged = judge_pilot(_pilot("latency.p95", "< 100"), [], [])
    assert [(each.found, each.met) for each in judged.criteria] == [(None, False)]
    assert [each.reached for each in judged.stop_rules] == [True]
    assert not judged.met


def test_a_pilot_is_met_when_every_criterion_is_and_no_limit_was_reached() -> None:
    play = play_run()
    assert (
        judge_pilot(_pilot("steps.passed", "> 0"), play.events, play.exchanges).met is False
    )  # its stop rule
    kept = _pilot("steps.error", "== 0")
    plan = kept.plan.model_copy(update={"stop_rules": ()})
    assert judge_pilot(SetPilot(plan=plan, content=b"", digest=""), play.events, play.exchanges).met


def test_many_journeys_are_held_against_rates_and_percentiles_over_all_of_them() -> None:
    play = play_run()
    crowd = sample_crowd(play)
    found = take_crowd_measures(play.events, crowd)
    assert found["journeys.passed_share"].value == 75.0  # 30 of the 40 that were asked for
    assert (found["journeys.not_passed"].value, found["journeys.p95"].value) == (10, 1200.0)
    assert found["exchanges.count"].value == 900
    assert not [name for name in found if name.startswith("steps.")]
    kept = judge_pilot(_pilot("journeys.p95", "<= 1200"), play.events, play.exchanges, crowd)
    assert [(each.found, each.unit, each.met) for each in kept.criteria] == [(1200.0, "ms", True)]


def test_journeys_of_which_none_began_meet_nothing() -> None:
    crowd = replace(sample_crowd(play_run()), report=None)
    judged = judge_pilot(_pilot("journeys.failed", "== 0"), [], [], crowd)
    assert not judged.criteria[0].met
    assert judged.stop_rules[0].reached
