"""Postpartum care: passes with the figures kept beside it; fails when any one planting is taken away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sandbox.model.scenario import Scenario
from tests.e2e.conftest import Stage, a_stage
from tests.e2e.mutations import fails_at, many_pass, passes, with_parameter, without_step
from tests.e2e.respect import ends_alike

MUTATIONS: list[tuple[str, Callable[[Scenario], Scenario], str]] = [
    (
        "nobody is too old",
        lambda scenario: without_step(scenario, "plantings.arazzo.yaml", "make-one-too-old"),
        "read-the-refusal",
    ),
    (
        "nobody takes an agreement back",
        lambda scenario: without_step(scenario, "unwilling.arazzo.yaml", "take-it-back"),
        "nobody-may-record-her",
    ),
    (
        "no child is brought twice",
        lambda scenario: without_step(scenario, "scenario.arazzo.yaml", "another-clinic"),
        "read-the-refusal",
    ),
    (
        "another child is brought",
        lambda scenario: with_parameter(
            scenario, "clinic.arazzo.yaml", "both-registers-notice", "child", "BR-NOBODY"
        ),
        "not-recorded-twice",
    ),
    (
        "the birthday does not come",
        lambda scenario: without_step(scenario, "infancy.arazzo.yaml", "the-first-birthday-comes"),
        "the-register-says-so",
    ),
    (
        "nobody agrees",
        lambda scenario: without_step(scenario, "visit.arazzo.yaml", "agree"),
        "record-them",
    ),
]
FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
PLAYED = MUTATIONS if FULL else MUTATIONS[:1]


@pytest.fixture(scope="module")
def clinic(stages: Path) -> Iterator[Stage]:
    """A sandbox with this scenario's blocks."""
    yield from a_stage(stages, "postpartum-care", 100)


def test_it_passes_as_shipped_with_the_figures_kept_beside_it(clinic: Stage) -> None:
    kept = (clinic.scenario.folder / "expected" / "figures.yaml").read_text(encoding="utf-8")
    assert passes(clinic) == YAML(typ="safe").load(kept)


def test_many_pass_at_once(clinic: Stage) -> None:
    many_pass(clinic)


@pytest.mark.campaign
@pytest.mark.parametrize(("change", "noticed_by"), [pytest.param(*each[1:], id=each[0]) for each in PLAYED])
def test_it_fails_when_a_planting_is_taken_away(
    clinic: Stage, change: Callable[[Scenario], Scenario], noticed_by: str
) -> None:
    fails_at(clinic, change(clinic.scenario), noticed_by)


@pytest.mark.campaign
@pytest.mark.skipif(not FULL, reason="SANDBOX_CAMPAIGN=full plays it under respect too")
@pytest.mark.parametrize("change", [None, *(pytest.param(change, id=name) for name, change, _ in MUTATIONS)])
def test_another_runner_comes_to_the_same_end(
    clinic: Stage, tmp_path: Path, change: Callable[[Scenario], Scenario] | None
) -> None:
    scenario = clinic.scenario if change is None else change(clinic.scenario)
    ends_alike(clinic, scenario, tmp_path, passes=change is None)
