"""Figures of many journeys are those that were measured, and every journey is counted once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import UsageError
from sandbox.model.crowd import CrowdWish, Ending, JourneyResult, ask_for_journeys
from sandbox.runner.tallies import MOST_STRETCHES, Tallies, choose_stretch, percentile

MOMENTS = st.floats(min_value=0, max_value=5000, allow_nan=False)


def ended(at: float, ending: Ending, *, began: float = 0.0) -> JourneyResult:
    return JourneyResult(number=1, individual="P", planned=began, started=began, ended=at, ending=ending)


@given(st.lists(st.tuples(MOMENTS, st.sampled_from(Ending)), min_size=1, max_size=60))
def test_every_journey_is_counted_once_in_all_and_over_time(journeys: list[tuple[float, Ending]]):
    tallies = Tallies(CrowdWish(journeys=len(journeys)))
    for moment, ending in journeys:
        tallies.begin()
        tallies.end(ended(moment, ending))
    report = tallies.report(max(moment for moment, _ in journeys), interrupted=False)
    assert report.finished + report.stopped == len(journeys)
    for name in ("passed", "failed", "error"):
        over_time = sum(getattr(stretch, name) for stretch in report.stretches)
        assert over_time == getattr(report, name) == sum(ending == name for _, ending in journeys)
    assert len(report.stretches) <= MOST_STRETCHES + 1


@given(st.lists(MOMENTS, min_size=1, max_size=50), st.integers(min_value=1, max_value=100))
def test_a_percentile_is_a_measured_value_that_so_many_do_not_exceed(values: list[float], percent: int):
    found = percentile(sorted(values), percent)
    assert found in [round(value, 3) for value in values]
    assert sum(round(value, 3) <= found for value in values) * 100 >= percent * len(values)


def test_a_percentile_of_nothing_is_nothing():
    assert percentile([], 95) == 0.0


@given(st.floats(min_value=0, max_value=1e6))
def test_stretches_are_round_and_few(seconds: float):
    width = choose_stretch(seconds)
    assert max(seconds, 1.0) / width <= MOST_STRETCHES + 1e-6


@pytest.mark.parametrize(
    ("journeys", "concurrency", "rate", "message"),
    [
        (0, None, None, "--journeys is 0, wanted 1 to 10,000"),
        (-1, None, None, "--journeys is -1, wanted 1 to 10,000"),
        (10_001, None, None, "--journeys is 10,001, wanted 1 to 10,000"),
        (5, 0, None, "--concurrency is 0, wanted 1 to 200"),
        (5, -1, None, "--concurrency is -1, wanted 1 to 200"),
        (5, 10**9, None, "--concurrency is 1,000,000,000, wanted 1 to 200"),
        (5, None, 0.0, "--rate 0 a second can't be kept"),
        (5, None, -1.0, "--rate -1 a second can't be kept"),
        (5, None, 1e9, "--rate 1e.09 a second can't be kept"),
        (101, None, None, "--journeys 101 needs as many citizens, and the population has 100 people"),
        (None, 5, None, "--concurrency is for many journeys"),
        (None, None, 5.0, "--rate is for many journeys"),
    ],
)
def test_what_can_not_be_played_is_refused_in_one_sentence(
    journeys: int | None, concurrency: int | None, rate: float | None, message: str
):
    with pytest.raises(UsageError, match=message):
        ask_for_journeys(journeys, concurrency, rate, people=100)


def test_without_journeys_the_story_is_played():
    assert ask_for_journeys(None, None, None, people=100) is None


def test_there_are_never_more_places_than_journeys():
    assert ask_for_journeys(3, 50, None, people=100) == CrowdWish(journeys=3, concurrency=3)
