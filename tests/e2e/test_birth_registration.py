"""Birth registration: passes as shipped; fails when any one planting is taken away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import Stage, a_stage
from tests.e2e.mutations import fails_at, many_pass, passes, without_step
from tests.e2e.respect import ends_alike

PLANTINGS = [
    ("plantings.arazzo.yaml", "lose-a-father", "read-the-refusal"),
    ("twins.arazzo.yaml", "register-the-twin", "count-the-entries"),
    ("twins.arazzo.yaml", "apply-twice", "read-the-refusal"),
    ("fees.arazzo.yaml", "pay-the-fee", "approve"),
    ("opening.arazzo.yaml", "identity-subscribes", "the-child-has-an-identity"),
    ("opening.arazzo.yaml", "ministry-subscribes", "fetch-the-news"),
    ("news.arazzo.yaml", "enter-the-candidate", "read-the-candidates"),
]
FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
TRIED = PLANTINGS if FULL else PLANTINGS[:1]


@pytest.fixture(scope="module")
def births(stages: Path) -> Iterator[Stage]:
    """One sandbox of a hundred citizens for all tests of this file."""
    yield from a_stage(stages, "birth-registration", size=100)


def test_it_passes_as_shipped(births: Stage) -> None:
    assert passes(births)


def test_many_pass_at_once(births: Stage) -> None:
    many_pass(births)


@pytest.mark.campaign
@pytest.mark.parametrize(("file", "planting", "noticed_by"), TRIED)
def test_it_fails_when_a_planting_is_taken_away(
    births: Stage, file: str, planting: str, noticed_by: str
) -> None:
    fails_at(births, without_step(births.scenario, file, planting), noticed_by)


@pytest.mark.campaign
@pytest.mark.skipif(not FULL, reason="SANDBOX_CAMPAIGN=full plays it under respect too")
@pytest.mark.parametrize("planting", [None, *(each[:2] for each in PLANTINGS)])
def test_another_runner_comes_to_the_same_end(
    births: Stage, tmp_path: Path, planting: tuple[str, str] | None
) -> None:
    scenario = births.scenario if planting is None else without_step(births.scenario, *planting)
    ends_alike(births, scenario, tmp_path, passes=planting is None)


@pytest.mark.campaign
@pytest.mark.skipif(not FULL, reason="SANDBOX_CAMPAIGN=full plays every planting")
def test_a_second_notification_that_is_no_double_is_not_refused(births: Stage) -> None:
    """Taking the step away would leave the register as it is; so the paper tells of a third child instead."""
    scenario = births.scenario
    path = next(path for path in scenario.documents if path.name == "doubles.arazzo.yaml")
    document = scenario.documents[path]
    workflow = document.workflows["notify-twice"]
    (step,) = workflow.steps
    assert step.body is not None
    content = {**step.body.payload["write"]["content"], "birthOrder": 3}
    told = replace(step, body=replace(step.body, payload={"write": {"content": content}}))
    workflows = {**document.workflows, "notify-twice": replace(workflow, steps=(told,))}
    documents = {**scenario.documents, path: replace(document, workflows=workflows)}
    fails_at(births, replace(scenario, documents=documents), "notify-again")
