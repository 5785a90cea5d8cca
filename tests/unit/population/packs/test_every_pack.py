"""What holds for every pack that is shipped: found by scanning, so a new one is held to it at once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import phonenumbers
import pytest
import schwifty
from stdnum import iban, luhn, verhoeff
from stdnum.de import idnr
from stdnum.ee import ik
from stdnum.in_ import aadhaar
from stdnum.iso7064 import mod_11_10
from stdnum.ua import rntrc

from sandbox.errors import UsageError
from sandbox.population import check_size, compile_pack, load_pack
from sandbox.population.engine.archetypes import FARTHEST
from sandbox.population.packs.folder import AGE_BANDS
from sandbox.population.packs.profile import IDENTIFYING, LONGEST_PAYMENT_ADDRESS
from sandbox.population.packs.recipes import Iban
from sandbox.population.packs.scripts import is_written_in
from sandbox.settings import CONTENT_ROOT
from tests.fakes.drawn_packs import Drawn, draw

DEEP = ("zz", "rw", "ke", "ee")
REFERENCE = date(2026, 1, 1)


def test_it_classes_every_identifying_field_on_a_day_that_has_been(every: Drawn) -> None:
    fields = every.pack.profile.fields
    assert sorted(field.column for field in fields) == sorted(IDENTIFYING)
    today = datetime.now(UTC).date()
    assert [field.column for field in fields if field.checked_on > max(today, date(2026, 11, 27))] == []
    assert [field.column for field in fields if len(field.evidence) < 20] == []


def test_it_stands_on_the_same_reference_date(every: Drawn) -> None:
    assert every.pack.profile.reference_date == REFERENCE


def test_its_households_add_up_to_its_ages_and_its_mean_size(every: Drawn) -> None:
    households, pack = every.compiled.archetypes, every.pack
    cell = np.minimum(households.age // 5, len(AGE_BANDS) - 1) + len(AGE_BANDS) * households.sex
    owner = np.repeat(np.arange(len(households.sizes)), households.sizes)
    found = np.bincount(cell, weights=households.weights[owner], minlength=2 * len(AGE_BANDS))
    wanted = np.array([f for f, _ in pack.ages] + [m for _, m in pack.ages], dtype=float)
    assert np.abs(found / found.sum() - wanted / wanted.sum()).sum() / 2 <= FARTHEST
    mean = (households.weights * households.sizes).sum() * 1000
    assert mean == pytest.approx(pack.profile.households.mean_size_per_mille, rel=FARTHEST)


def test_reading_and_compiling_it_twice_gives_the_same(every: Drawn) -> None:
    again = load_pack(CONTENT_ROOT, every.pack.code)
    assert (again.digest, again.names, again.units) == (every.pack.digest, every.pack.names, every.pack.units)
    compiled = compile_pack(again)
    assert compiled.archetypes.weights.tobytes() == every.compiled.archetypes.weights.tobytes()
    assert compiled.names.given.native.equals(every.compiled.names.given.native)
    assert (
        compiled.names.family_name.thresholds.tobytes()
        == every.compiled.names.family_name.thresholds.tobytes()
    )


def test_names_are_in_the_declared_script_and_their_twins_in_latin_letters(every: Drawn) -> None:
    script = every.pack.profile.names.script
    lists = every.pack.names
    for names in (*lists.given, *lists.family, *(lists.patronymics or ())):
        assert len(names.native) == len(names.latin)
        assert [name for name in names.native if not is_written_in(script, name)] == []
        assert [name for name in names.latin if not is_written_in("Latn", name)] == []
        if script == "Latn":
            assert names.native == names.latin


def test_places_are_a_tree_down_to_the_settlement(every: Drawn) -> None:
    units, levels = every.pack.units, every.pack.profile.places.levels
    assert [unit.unit_no for unit in units] == list(range(len(units)))
    assert len({unit.code for unit in units}) == len(units)
    for unit in units:
        assert unit.level_name == levels[unit.level - 1]
        assert is_written_in("Latn", unit.name_latin)
        assert (unit.urban is None) == (unit.level < len(levels))
        if unit.parent_no is None:
            assert unit.level == 1
        else:
            above = units[unit.parent_no]
            assert (above.level, above.unit_no < unit.unit_no) == (unit.level - 1, True)
    for parent in units:
        below = [unit.households_weight for unit in units if unit.parent_no == parent.unit_no]
        assert not below or sum(below) == parent.households_weight
    for place in every.pack.places:
        assert (units[place.unit_no].name, units[place.unit_no].level) == (place.settlement, len(levels))


def test_no_two_persons_share_a_number(every: Drawn) -> None:
    for numbers in (every.individual_ids, every.account_numbers, every.phones):
        assert len(set(numbers)) == every.source.persons


def test_an_account_fits_a_payment_address(every: Drawn) -> None:
    longest = max(len(institution.code) for institution in every.pack.profile.institutions)
    assert longest + 1 + max(map(len, every.account_numbers)) <= LONGEST_PAYMENT_ADDRESS


def test_numbers_have_the_length_that_the_recipe_says(every: Drawn) -> None:
    profile = every.pack.profile
    assert {len(number) for number in every.individual_ids} == {profile.individual_id.width}
    assert {len(number) for number in every.account_numbers} == {profile.account_number.width}


def test_nobody_can_be_called_on_the_phone(every: Drawn) -> None:
    assert [number for number in every.phones[:1500] if is_valid_phone(number)] == []
    recipe = every.pack.profile.phone
    step = 10**recipe.digits // 60 + 7
    for prefix in recipe.prefixes:
        for rest in range(0, 10**recipe.digits, step):
            number = f"{recipe.country_code}{prefix}{rest:0{recipe.digits}}"
            assert not is_valid_phone(number), number


def test_no_bank_is_known_by_an_account_s_iban(every: Drawn) -> None:
    first = every.pack.profile.account_number.parts[0]
    if not isinstance(first, Iban):
        assert not any(iban.is_valid(number) for number in every.account_numbers)
        return
    for number in every.account_numbers[:400]:
        assert number.startswith(first.iban)
        assert iban.is_valid(number, check_country=False)
        assert schwifty.IBAN(number).bank is None


def test_a_bank_code_outside_an_iban_is_no_bank_s() -> None:
    number = draw("ua").account_numbers[0]
    assert schwifty.IBAN.generate("UA", bank_code=number[:6], account_code=number[6:]).bank is None


def test_it_refuses_more_persons_than_it_has_numbers_for(every: Drawn) -> None:
    capacity = every.pack.capacity
    assert capacity >= 1_000_000
    check_size(every.pack, capacity)
    with pytest.raises(UsageError) as refused:
        check_size(every.pack, capacity + 1)
    assert str(capacity) in refused.value.hint


def test_ids_have_right_check_digits_and_are_nobody_s_by_their_scheme(every: Drawn) -> None:
    for number, born, sex in zip(
        every.individual_ids[:1500],
        every.people.birth_date.tolist(),
        every.people.sex.tolist(),
        strict=False,
    ):
        SCHEMES.get(every.pack.code, fits_no_scheme)(number, born, sex == 1)


def fits_no_scheme(number: str, born: date, male: bool) -> None:
    del born, male
    assert number


def _zz(number: str, born: date, male: bool) -> None:
    assert number.startswith("ZZ")
    assert luhn.is_valid(number[2:])


def _rw(number: str, born: date, male: bool) -> None:
    assert (number[0], number[1:5], number[5]) == ("9", str(born.year), "7" if male else "8")


def _ke(number: str, born: date, male: bool) -> None:
    assert (number[0], len(number)) == ("9", 9)


def _ee(number: str, born: date, male: bool) -> None:
    assert number[0] == ("7" if male else "8")
    assert ik.calc_check_digit(number) == number[-1]
    assert number[1:3] == f"{born:%y}"
    month = int(number[3:5])
    assert (month - born.month) % 20 == 0
    if month == born.month and (born.month, born.day) != (2, 29):
        assert ik.get_birth_date(number).year == 2100 + born.year % 100


def _de(number: str, born: date, male: bool) -> None:
    assert mod_11_10.is_valid(number)
    assert not idnr.is_valid(number)


def _ua(number: str, born: date, male: bool) -> None:
    assert rntrc.is_valid(number)
    assert int(number[8]) % 2 == male
    printed = date.fromordinal(date(1899, 12, 31).toordinal() + int(number[:5]))
    assert printed.year == born.year + 140
    assert printed.year > 2060


def _in(number: str, born: date, male: bool) -> None:
    assert verhoeff.is_valid(number)
    assert not aadhaar.is_valid(number)


def _ae(number: str, born: date, male: bool) -> None:
    assert number.startswith(f"784{born.year + 200}")
    assert luhn.is_valid(number)


SCHEMES = {"zz": _zz, "rw": _rw, "ke": _ke, "ee": _ee, "de": _de, "ua": _ua, "in": _in, "ae": _ae}


@pytest.mark.parametrize("code", DEEP)
def test_the_deep_packs_have_every_level_of_their_country(code: str) -> None:
    units = draw(code).pack.units
    found = {
        level: sum(unit.level_name == level for unit in units)
        for level in draw(code).pack.profile.places.levels
    }
    wanted = {
        "zz": {"region": 4, "district": 12},
        "rw": {"province": 5, "district": 30, "sector": 416},
        "ke": {"county": 47, "sub-county": 290},
        "ee": {"county": 15, "municipality": 79},
    }[code]
    assert {level: found[level] for level in wanted} == wanted
    assert list(found.values()) == sorted(found.values())


@pytest.mark.parametrize(("code", "count"), [("de", 16), ("ua", 27), ("in", 36), ("ae", 7)])
def test_the_other_packs_have_the_real_units_of_the_top_level(code: str, count: int) -> None:
    assert sum(unit.level == 1 for unit in draw(code).pack.units) == count


def is_valid_phone(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        # No country has the calling code, or nothing of that length is a number at all.
        return False
