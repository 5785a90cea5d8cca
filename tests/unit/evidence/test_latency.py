from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from sandbox.evidence.latency import draw_latencies, measure, say_finding
from sandbox.evidence.wording import Names
from tests.fakes.sample_material import sample_wiring
from tests.fakes.sample_play import Play
from tests.fakes.sample_run import play_run

NAMES = Names(sample_wiring())


def _calls(*durations: float, **values: object) -> Play:
    play = Play()
    for duration in durations:
        play.exchange(**{"block": "payments", "summary": "pays", "milliseconds": duration, **values})
    return play


def test_percentiles_are_durations_that_were_measured() -> None:
    (latency,) = measure(_calls(*range(1, 101)).exchanges, NAMES)
    assert (latency.calls, latency.median, latency.p95, latency.slowest) == (100, 50, 95, 100)
    assert latency.slowest_number == 100


def test_one_call_is_its_own_median() -> None:
    (latency,) = measure(_calls(7.5).exchanges, NAMES)
    assert (latency.median, latency.p95) == (7.5, 7.5)
    assert say_finding([latency]) == "“pays” is the slowest: its one call took at most 7.5\u00a0ms"


@pytest.mark.parametrize("values", [{"kind": "control"}, {"kind": "callback"}, {"refused": "not allowed"}])
def test_what_says_nothing_about_a_block_is_left_out(values: dict[str, str]) -> None:
    assert measure(_calls(5.0, **values).exchanges, NAMES) == ()


def test_the_slowest_operation_comes_first_and_names_the_finding() -> None:
    found = measure(play_run().exchanges, NAMES)
    assert [one.p95 for one in found] == sorted((one.p95 for one in found), reverse=True)
    assert say_finding(found).startswith("“hands over the payroll” is the slowest")


@pytest.mark.parametrize("duration", [0.0, 0.3, 1.0, 99.9, 123_456.0])
def test_bars_stay_inside_the_axis(duration: float) -> None:
    root = ET.fromstring(draw_latencies(measure(_calls(duration).exchanges, NAMES)))
    (bar,) = [rect for rect in root.iter("rect") if rect.attrib["class"] == "p50"]
    assert 1.0 <= float(bar.attrib["width"]) <= 520


def test_nothing_measured_is_said_in_words() -> None:
    assert draw_latencies(()) == ""
    assert say_finding(()) == "No call reached a block, so there is nothing to measure"
