"""The expected number of chance coincidences is the formula's, and a small census confirms it."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter

import pytest

from sandbox.population import Pack, load_pack
from sandbox.population.packs.names import NameList
from sandbox.population.proof.coincidence import DAYS_IN_BAND, expect_coincidences
from sandbox.settings import CONTENT_ROOT


@pytest.fixture(scope="module")
def tiny() -> Pack:
    """Two given names a sex, two family names, everybody a woman or man under five."""
    pack = load_pack(CONTENT_ROOT, "rw")
    two = NameList(("A", "B"), ("A", "B"), (3.0, 1.0))
    names = dataclasses.replace(pack.names, given=(two, two), family=(two, two))
    return dataclasses.replace(pack, names=names, ages=((600, 400), *((0, 0),) * 20))


def test_it_is_the_formula_worked_by_hand(tiny: Pack) -> None:
    alike = (0.75**2 + 0.25**2) ** 2
    by_hand = 500 * 1000 * (0.6**2 + 0.4**2) / DAYS_IN_BAND * alike
    assert expect_coincidences(tiny, 500).name_and_birth_date == pytest.approx(by_hand, rel=0.005)


def test_two_populations_drawn_by_the_law_coincide_as_often_as_expected(tiny: Pack) -> None:
    draw = random.Random(1)

    def person() -> tuple[str, str, str, int]:
        sex = draw.choices("fm", (600, 400))[0]
        given, family = draw.choices("AB", (3, 1), k=2)
        return sex, given, family, draw.randrange(1826)

    citizens, residents = Counter(person() for _ in range(20_000)), Counter(person() for _ in range(1000))
    pairs = sum(count * residents[who] for who, count in citizens.items())
    assert pairs == pytest.approx(expect_coincidences(tiny, 20_000).name_and_birth_date, rel=0.06)


def test_it_grows_with_size_and_shrinks_with_the_district(pack: Pack) -> None:
    small, large = expect_coincidences(pack, 1000), expect_coincidences(pack, 100_000)
    assert large.name_and_birth_date == pytest.approx(100 * small.name_and_birth_date, rel=0.01)
    assert large.name_birth_date_and_district <= large.name_and_birth_date
    assert large.assumptions
    assert "citizens x residents" in large.formula


def test_a_country_that_does_not_exist_has_no_residents(zz: Pack) -> None:
    found = expect_coincidences(zz, 1000)
    assert (found.residents, found.name_and_birth_date) == (0, 0.0)
