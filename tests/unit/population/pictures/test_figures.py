"""What pictures are drawn from is what the tables say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.errors import ContentError
from sandbox.population.pictures.figures import LARGEST, count_ages, count_sizes
from tests.fakes.generated_population import Generated


@pytest.mark.parametrize("code", ["zz", "in"])
def test_every_living_citizen_is_in_one_band(small: Callable[[str], Generated], code: str) -> None:
    population = small(code)
    pyramid = count_ages(population.folder, population.manifest)
    for sex, counted in (("female", pyramid.female), ("male", pyramid.male)):
        assert counted == population.count(
            f"SELECT count(*) FROM persons WHERE sex = '{sex}' AND death_date IS NULL"
        )
    assert [band.from_age for band in pyramid.bands] == list(range(0, 101, 5))
    assert len({band.label for band in pyramid.bands}) == len(pyramid.bands)


def test_a_birthday_counts_from_its_day_on(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    pyramid = count_ages(population.folder, population.manifest)
    children = population.count(
        "SELECT count(*) FROM persons WHERE death_date IS NULL "
        "AND birth_date > getvariable('reference') - INTERVAL 5 YEAR"
    )
    assert pyramid.bands[0].female + pyramid.bands[0].male == children


def test_half_of_the_living_are_as_old_as_the_finding_says(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    pyramid = count_ages(population.folder, population.manifest)
    age = "datesub('year', birth_date, getvariable('reference'))"
    younger = population.count(
        f"SELECT count(*) FROM persons WHERE death_date IS NULL AND {age} < {pyramid.median_age}"
    )
    up_to = population.count(
        f"SELECT count(*) FROM persons WHERE death_date IS NULL AND {age} <= {pyramid.median_age}"
    )
    assert younger <= (pyramid.female + pyramid.male) / 2 <= up_to
    assert f"are {pyramid.median_age} or younger" in pyramid.finding


def test_every_household_is_counted_under_its_size(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    sizes = count_sizes(population.folder, population.manifest)
    for size, count in sizes.counts:
        same = ">=" if size == LARGEST else "="
        assert count == population.count(f"SELECT count(*) FROM households WHERE size {same} {size}")
    assert sizes.households == population.manifest.tables["households"].rows
    assert sizes.persons == population.manifest.size


def test_a_table_without_the_columns_is_refused(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    tables = population.manifest.tables
    persons = tables["persons"].model_copy(update={"columns": ("person_no",)})
    manifest = population.manifest.model_copy(update={"tables": {**tables, "persons": persons}})
    with pytest.raises(ContentError, match="no column sex"):
        count_ages(population.folder, manifest)


def test_a_date_that_is_none_is_refused(small: Callable[[str], Generated]) -> None:
    population = small("zz")
    manifest = population.manifest.model_copy(update={"reference_date": "it's never"})
    with pytest.raises(ContentError, match="can't be read"):
        count_ages(population.folder, manifest)
