"""E-waste: passes with the figures worked out by hand; fails when any one planting is taken away."""

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
        "nobody rides free",
        lambda scenario: without_step(scenario, "plantings.arazzo.yaml", "import-without-a-licence"),
        "cross-check",
    ),
    (
        "the company is not entered",
        lambda scenario: with_parameter(
            scenario, "entrants.arazzo.yaml", "ask-for-a-licence", "registrationNumber", "CO0"
        ),
        "check-the-producer",
    ),
    (
        "no time passes",
        lambda scenario: without_step(scenario, "late.arazzo.yaml", "the-due-day-passes"),
        "a-notice-came",
    ),
    (
        "the site is not visited",
        lambda scenario: without_step(scenario, "licence.arazzo.yaml", "visit-the-site"),
        "issue-the-licence",
    ),
    (
        "less was collected",
        lambda scenario: with_parameter(scenario, STORY, "recycler-reports", "tonnes", 49),
        "it-adds-up",
    ),
    (
        "the small one pays in time",
        lambda scenario: with_parameter(scenario, STORY, "small-pays", "status", "due"),
        "read-the-register",
    ),
    (
        "one does not pay",
        lambda scenario: without_step(scenario, STORY, "medium-pays"),
        "all-are-fulfilled",
    ),
]
FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
PLAYED = MUTATIONS if FULL else MUTATIONS[:1]


@pytest.fixture(scope="module")
def site(stages: Path) -> Iterator[Stage]:
    """A sandbox with this scenario's blocks."""
    yield from a_stage(stages, "e-waste", 100)


def test_it_passes_as_shipped(site: Stage) -> None:
    figures = passes(site)
    # Three companies, licences and products at 240,000 together, and a tenth on top of the late 2,500,000.
    assert (figures["fees"], figures["held"]) == (25_000_000, 25_000_000 + 720_000 + 250_000)


def test_many_pass_at_once(site: Stage) -> None:
    many_pass(site)


@pytest.mark.campaign
@pytest.mark.parametrize(("change", "noticed_by"), [pytest.param(*each[1:], id=each[0]) for each in PLAYED])
def test_it_fails_when_a_planting_is_taken_away(
    site: Stage, change: Callable[[Scenario], Scenario], noticed_by: str
) -> None:
    fails_at(site, change(site.scenario), noticed_by)


@pytest.mark.campaign
@pytest.mark.skipif(not FULL, reason="SANDBOX_CAMPAIGN=full plays it under respect too")
@pytest.mark.parametrize("change", [None, *(pytest.param(change, id=name) for name, change, _ in MUTATIONS)])
def test_another_runner_comes_to_the_same_end(
    site: Stage, tmp_path: Path, change: Callable[[Scenario], Scenario] | None
) -> None:
    scenario = site.scenario if change is None else change(site.scenario)
    ends_alike(site, scenario, tmp_path, passes=change is None)
