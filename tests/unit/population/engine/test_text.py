from __future__ import annotations

import numpy as np
import pytest

from sandbox.population.engine.text import (
    Number,
    Pool,
    join,
    luhn_digit,
    spread,
    to_arrow,
    write_choice,
    write_number,
)


def test_numbers_are_written_with_leading_zeros() -> None:
    assert to_arrow(write_number(np.array([7, 4321]), 4)).to_pylist() == ["0007", "4321"]


def test_base_36_uses_digits_and_capitals() -> None:
    assert to_arrow(write_number(np.array([35, 36**2 - 1]), 2, base=36)).to_pylist() == ["0Z", "ZZ"]


def test_parts_are_joined_row_by_row() -> None:
    sexes = write_choice(np.array([1, 0]), ("8", "7"))
    assert to_arrow(join(2, "A-", sexes, "-B")).to_pylist() == ["A-7-B", "A-8-B"]


def test_absent_rows_are_null_and_the_others_keep_their_value() -> None:
    present = np.array([False, True, False, True])
    column = to_arrow(write_number(np.array([1, 2, 3, 4]), 3), present)
    column.validate(full=True)
    assert column.to_pylist() == [None, "002", None, "004"]


def test_luhn_digit_agrees_with_the_standard_s_example() -> None:
    # ISO/IEC 7812-1, annex B: 7992739871 has check digit 3.
    assert to_arrow(luhn_digit(write_number(np.array([7992739871]), 10))).to_pylist() == ["3"]


@pytest.mark.parametrize("width", range(1, 13))
@pytest.mark.parametrize("base", [10, 36])
def test_numbers_of_every_width_stand_between_what_is_beside_them(width: int, base: int) -> None:
    values = np.array([0, 1, base - 1, base**width - 1, base**width // 3], dtype=np.int64)
    texts = to_arrow(join(len(values), "<", Number(values, width, base), ">")).to_pylist()
    assert [text[0] + text[-1] for text in texts] == ["<>"] * len(values)
    assert [int(text[1:-1], base) for text in texts] == [int(value) % base**width for value in values]
    assert {len(text) for text in texts} == {width + 2}


def test_texts_of_those_who_have_one_are_spread_over_everybody() -> None:
    present = np.array([False, True, False, True])
    column = spread(write_number(np.array([2, 4]), 3), present)
    column.validate(full=True)
    assert column.to_pylist() == [None, "002", None, "004"]
    assert spread(write_number(np.array([], dtype=np.int64), 3), present[:1]).to_pylist() == [None]


def test_a_pool_holds_a_text_once_however_often_it_is_listed() -> None:
    pool = Pool.of(["Ost", "West", "Ost"])
    column = pool.encode(np.array([2, 0, 1]), present=np.array([True, True, False]))
    column.validate(full=True)
    assert column.dictionary.to_pylist() == ["Ost", "West"]
    assert column.to_pylist() == ["Ost", "Ost", None]
    assert pool.take(np.array([2, 1])).to_pylist() == ["Ost", "West"]
