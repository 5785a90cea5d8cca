"""Outcomes by part of a story: the parts add up to the steps, and the title says what the bars show."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from sandbox.evidence.outcomes import Part, count_parts, draw_outcomes, say_outcomes
from sandbox.evidence.story import read_story
from sandbox.model.run import Outcome
from tests.fakes.sample_run import play_run

PASSED = Part(sentence="The office opens.", rounds=1, counts={Outcome.PASSED: 3})
SKIPPED = Part(sentence="The clock is moved.", rounds=1, counts={Outcome.PASSED: 1, Outcome.SKIPPED: 1})
FAILED = Part(sentence="A household is paid.", rounds=4, counts={Outcome.PASSED: 6, Outcome.FAILED: 2})


@pytest.mark.parametrize("fault_at", ["", "enrol-payee"])
def test_the_parts_add_up_to_the_steps_of_the_run(fault_at: str) -> None:
    story = read_story(play_run(fault_at=fault_at).events)
    parts = count_parts(story.entries)
    assert sum(part.steps for part in parts) == len(story.results)
    failed = sum(result.outcome is Outcome.FAILED for result in story.results)
    assert sum(part.bad for part in parts) == failed
    assert bool(failed) == bool(fault_at)


def test_a_loop_is_one_part_with_its_rounds() -> None:
    parts = count_parts(read_story(play_run().events).entries)
    assert ("The next household is visited.", 20) in {(part.sentence, part.rounds) for part in parts}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((), "No step was played"),
        ((PASSED,), "All 3 steps passed"),
        ((PASSED, SKIPPED), "1 of 5 steps did not apply; all others passed"),
        (
            (PASSED, FAILED, SKIPPED),
            "2 of 13 steps did not pass, beginning with “A household is paid”",
        ),
    ],
)
def test_the_title_is_the_finding(parts: tuple[Part, ...], said: str) -> None:
    assert say_outcomes(parts) == said


def test_bars_are_as_long_as_their_counts_and_say_so_in_words() -> None:
    root = ET.fromstring(draw_outcomes((PASSED, FAILED)))
    widths = [float(rect.attrib["width"]) for rect in root.iter("rect")]
    assert [rect.attrib["class"] for rect in root.iter("rect")] == ["bar passed", "bar passed", "bar failed"]
    assert widths[1] == pytest.approx(2 * widths[0])
    assert widths[2] == pytest.approx(widths[1] / 3, abs=0.1)
    said = [text.text for text in root.iter("text")]
    assert "6 passed, 2 failed" in said
    assert "A household is paid × 4" in said


def test_nothing_played_draws_nothing() -> None:
    assert draw_outcomes(()) == ""
