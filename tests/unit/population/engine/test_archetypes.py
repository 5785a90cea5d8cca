from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sandbox.errors import ContentError
from sandbox.population import Pack, load_pack
from sandbox.population.engine.archetypes import COUNT, NOBODY, Role, Sex
from sandbox.population.engine.compiled import CompiledPack, compile_pack


def test_weighted_households_add_up_to_the_age_pyramid(pack: Pack, compiled: CompiledPack) -> None:
    households = compiled.archetypes
    owner = np.repeat(np.arange(COUNT), households.sizes)
    cell = np.minimum(households.age // 5, 20) + 21 * households.sex
    found = np.bincount(cell, weights=households.weights[owner], minlength=42)
    wanted = np.array(pack.ages, dtype=np.float64).T.ravel()
    distance = np.abs(found / found.sum() - wanted / wanted.sum()).sum() / 2
    assert distance <= 0.01


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("parents: 45, lone_parent: 13", "parents: 0, lone_parent: 0"),
        ("mean_size_per_mille: 3800", "mean_size_per_mille: 7000"),
    ],
)
def test_a_pyramid_that_the_households_can_t_add_up_to_is_refused(
    content: Path, edit: Callable[[str, str, str], int], found: str, wanted: str
) -> None:
    edit("profile.yaml", found, wanted)
    with pytest.raises(ContentError, match="can't have the ages"):
        compile_pack(load_pack(content, "zz"))


def test_a_pyramid_of_ages_that_nobody_has_is_refused(
    content: Path, edit: Callable[[str, str, str], int]
) -> None:
    edit(
        "profile.yaml",
        "single: 15, couple: 17, parents: 45, lone_parent: 13",
        "single: 0, couple: 0, parents: 0, lone_parent: 0",
    )
    path = content / "datasets/countries/zz/ages.csv"
    rows = [f"{age},0,{int(age == 100)}" for age in range(0, 105, 5)]
    path.write_text("\n".join(["from_age,female,male", *rows, ""]))
    with pytest.raises(ContentError, match="can't have the ages"):
        compile_pack(load_pack(content, "zz"))


def test_weighted_households_have_the_mean_size(pack: Pack, compiled: CompiledPack) -> None:
    households = compiled.archetypes
    mean = float((households.weights * households.sizes).sum())
    assert mean == pytest.approx(pack.profile.households.mean_size_per_mille / 1000, rel=0.001)


def test_every_household_begins_with_one_adult_head(compiled: CompiledPack) -> None:
    households = compiled.archetypes
    assert (households.role[households.starts] == Role.HEAD).all()
    assert np.count_nonzero(households.role == Role.HEAD) == COUNT
    assert households.age[households.starts].min() >= 18


def test_parents_in_the_household_are_old_enough_and_of_the_right_sex(compiled: CompiledPack) -> None:
    households = compiled.archetypes
    start = np.repeat(households.starts, households.sizes)
    for parent, sex, youngest, oldest in (
        (households.mother, Sex.FEMALE, 16, 46),
        (households.father, Sex.MALE, 16, 90),
    ):
        child = np.flatnonzero(parent != NOBODY)
        found = start[child] + parent[child]
        gap = households.age[found] - households.age[child]
        assert len(child) > 1000
        assert (households.sex[found] == sex).all()
        assert gap.min() >= youngest
        assert gap.max() <= oldest
