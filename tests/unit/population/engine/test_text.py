from __future__ import annotations

import numpy as np

from sandbox.population.engine.text import join, luhn_digit, to_arrow, write_choice, write_number


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
