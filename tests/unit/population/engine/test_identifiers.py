"""Numbers stay unique where they are counted by birth date; the first ones are the first persons'."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import UsageError
from sandbox.population.engine.identifiers import write_functional_ids, write_ids, write_phones
from sandbox.population.engine.randomness import Permutation
from sandbox.population.packs.recipes import HOUSEHOLDS_PER_WINDOW, LAYERS, IdRecipe, PhoneRecipe
from tests.fakes.drawn_packs import as_texts, draw

EE = draw("ee").pack.profile.individual_id
UA = draw("ua").pack.profile.individual_id


def ids_of(recipe: IdRecipe, births: list[date], *, households: list[int], sex: int = 0) -> list[str]:
    count = len(births)
    return as_texts(
        write_ids(
            recipe,
            seed=1,
            stream="individual-id",
            persons=np.arange(count, dtype=np.int64),
            sex=np.full(count, sex, dtype=np.int64),
            birth_date=np.array(births, dtype="datetime64[D]"),
            households=np.array(households, dtype=np.int64),
        )
    )


def test_whoever_has_no_place_left_on_a_day_gets_a_month_that_no_calendar_has() -> None:
    crowd = [date(1990, 3, 14)] * 10
    ids = ids_of(EE, crowd, households=[0] * 10)
    assert len(set(ids)) == 10
    assert [number[3:5] for number in ids] == ["03"] * 6 + ["23"] * 4


def test_people_born_a_hundred_years_apart_share_a_date_as_it_is_written() -> None:
    ids = ids_of(EE, [date(1923, 5, 1), date(2023, 5, 1)], households=[0, 1])
    assert ids[0][:7] == ids[1][:7]
    assert ids[0] != ids[1]


def test_the_29th_of_february_does_not_meet_the_1st_of_march_of_a_year_without_it() -> None:
    births = [date(1960, 2, 29), date(1960, 3, 1)]
    ids = ids_of(UA, births, households=[0, 0])
    assert ids[0][:5] == ids[1][:5]
    assert ids[0] != ids[1]


def test_every_window_of_households_has_numbers_of_its_own() -> None:
    days = [date(1990, 3, 14)] * (6 * EE.windows)
    households = [HOUSEHOLDS_PER_WINDOW * (place // 6) for place in range(len(days))]
    assert len(set(ids_of(EE, days, households=households))) == len(days)


def test_windows_are_numbered_by_household_so_a_part_alone_gets_the_same() -> None:
    days = [date(1990, 3, day) for day in (1, 2, 1, 2, 1)]
    households = [0, 1, HOUSEHOLDS_PER_WINDOW, HOUSEHOLDS_PER_WINDOW, HOUSEHOLDS_PER_WINDOW + 1]
    assert ids_of(EE, days[2:], households=households[2:]) == ids_of(EE, days, households=households)[2:]


@pytest.mark.parametrize(("recipe", "most"), [(EE, 6 * LAYERS), (UA, 12)])
def test_more_people_of_one_day_than_there_are_numbers_is_refused(recipe: IdRecipe, most: int) -> None:
    day = date(1990, 3, 14)
    assert len(set(ids_of(recipe, [day] * most, households=[0] * most))) == most
    with pytest.raises(UsageError, match="share a birth date"):
        ids_of(recipe, [day] * (most + 1), households=[0] * (most + 1))


def test_a_household_beyond_the_last_window_is_refused() -> None:
    with pytest.raises(UsageError, match="share a birth date"):
        ids_of(EE, [date(1990, 3, 14)], households=[HOUSEHOLDS_PER_WINDOW * EE.windows])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    reserved=st.integers(0, 50),
    first=st.integers(0, 99_000_000),
)
def test_reserved_numbers_are_the_same_for_every_seed_and_nobody_else_s(
    seed: int, reserved: int, first: int
) -> None:
    persons = np.unique(np.concatenate([np.arange(reserved), reserved + first + np.arange(200)]))
    recipe = PhoneRecipe(country_code="+999", prefixes=("70", "71"), digits=8)
    for write in (
        lambda seed: write_phones(recipe, seed=seed, persons=persons, reserved=reserved),
        lambda seed: write_functional_ids(
            "ZZF", seed=seed, persons=persons, drawn=persons.astype(np.uint64), reserved=reserved
        ),
    ):
        mine, theirs = as_texts(write(seed)), as_texts(write(seed ^ 1))
        assert len(set(mine)) == len(persons)
        assert mine[:reserved] == theirs[:reserved]


@pytest.mark.parametrize("code", ["zz", "rw", "ke", "de", "in", "ae"])
def test_reserved_ids_do_not_depend_on_the_seed(code: str) -> None:
    drawn = draw(code)
    recipe = drawn.pack.profile.individual_id
    one, other = drawn.ids(recipe, seed=1, reserved=40), drawn.ids(recipe, seed=2, reserved=40)
    assert one[:40] == other[:40]
    assert len(set(one)) == len(one)
    assert one[40:80] != other[40:80]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), digits=st.integers(9, 10), first=st.integers(0, 199_999_000))
def test_numbers_of_second_accounts_are_permuted_without_overflow(seed: int, digits: int, first: int) -> None:
    recipe = IdRecipe.model_validate({"parts": [{"serial": digits}]})
    accounts = first + np.arange(1000, dtype=np.int64)
    drawn = Permutation.from_seed(seed, "account-number", 10**digits)
    found = as_texts(
        write_ids(
            recipe,
            seed=seed,
            stream="account-number",
            persons=accounts,
            sex=np.zeros(1000, dtype=np.int64),
            birth_date=np.zeros(1000, dtype="datetime64[D]"),
        )
    )
    exact = [(int(number) * drawn.factor + drawn.shift) % drawn.modulus for number in accounts]
    assert [int(number) for number in found] == exact
