"""The patterns accept whatever libphonenumber accepts, so that a row they pass over needs no second look."""

from __future__ import annotations

import random

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sandbox.population.proof.phones import is_valid, is_valid_somewhere, write_valid_pattern


@pytest.mark.parametrize("code", [1, 7, 39, 44, 49, 55, 91, 250, 254, 372, 380, 971])
def test_no_valid_number_escapes_the_pattern(code: int) -> None:
    draw = random.Random(code)
    numbers = [f"+{code}{draw.randrange(10 ** draw.randint(6, 12))}" for _ in range(1500)]
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        example = phonenumbers.example_number(region)
        if example is not None:
            numbers.append(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
    pattern = write_valid_pattern(code)
    assert pattern is not None
    matched = pc.match_substring_regex(pa.array(numbers), pattern).to_pylist()
    valid = [is_valid(number) for number in numbers]
    assert any(valid)
    assert [n for n, m, v in zip(numbers, matched, valid, strict=True) if v and not m] == []


def test_a_code_of_no_country_has_no_pattern() -> None:
    assert write_valid_pattern(999) is None


def test_a_national_number_is_valid_where_its_region_is() -> None:
    assert is_valid("07911 123456", "GB")
    assert not is_valid("07911 123456")
    assert is_valid_somewhere("07911 123456")
    assert not is_valid_somewhere("1")
