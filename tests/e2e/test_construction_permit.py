"""The construction permit: passes as shipped; fails where it should when any one planting is taken away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.model.scenario import Scenario
from tests.e2e.conftest import Stage, a_stage
from tests.e2e.mutations import fails_at, many_pass, passes, with_parameter, without_step
from tests.e2e.respect import ends_alike

STORY = "scenario.arazzo.yaml"
MUTATIONS: list[tuple[str, Callable[[Scenario], Scenario], str]] = [
    (
        "the land is not restricted",
        lambda scenario: without_step(scenario, "plantings.arazzo.yaml", "restrict-the-land"),
        "refuse",
    ),
    (
        "no report is wanted",
        lambda scenario: with_parameter(scenario, STORY, "incomplete-application", "storeys", 2),
        "read-how-it-stands",
    ),
    (
        "a report is wanted of the clean one",
        lambda scenario: with_parameter(scenario, STORY, "clean-application", "storeys", 5),
        "read-how-it-stands",
    ),
    (
        "more time is not paid for",
        lambda scenario: without_step(scenario, STORY, "pay-for-more-time"),
        "extend",
    ),
    (
        "the building is not inspected",
        lambda scenario: without_step(scenario, "works.arazzo.yaml", "inspect-the-building"),
        "it-is-completed",
    ),
    (
        "the design has no opinion",
        lambda scenario: without_step(scenario, "examination.arazzo.yaml", "give-an-opinion"),
        "approve",
    ),
]
FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
PLAYED = MUTATIONS if FULL else MUTATIONS[:2]
ELSEWHERE = MUTATIONS if FULL else MUTATIONS[2:3]
"""Played under another runner too; the third is over soonest."""


@pytest.fixture(scope="module")
def site(stages: Path) -> Iterator[Stage]:
    """A sandbox with this scenario's blocks."""
    yield from a_stage(stages, "construction-permit", 100)


def test_it_passes_as_shipped(site: Stage) -> None:
    assert passes(site)


def test_many_pass_at_once(site: Stage) -> None:
    many_pass(site)


@pytest.mark.campaign
@pytest.mark.parametrize(("change", "noticed_by"), [pytest.param(*each[1:], id=each[0]) for each in PLAYED])
def test_it_fails_when_a_planting_is_taken_away(
    site: Stage, change: Callable[[Scenario], Scenario], noticed_by: str
) -> None:
    fails_at(site, change(site.scenario), noticed_by)


@pytest.mark.campaign
@pytest.mark.parametrize("change", [None, *(pytest.param(each[1], id=each[0]) for each in ELSEWHERE)])
def test_another_runner_comes_to_the_same_end(
    site: Stage, tmp_path: Path, change: Callable[[Scenario], Scenario] | None
) -> None:
    scenario = site.scenario if change is None else change(site.scenario)
    ends_alike(site, scenario, tmp_path, passes=change is None)
