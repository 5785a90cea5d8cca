"""Check digits agree with python-stdnum, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn, verhoeff
from stdnum.ee import ik
from stdnum.iso7064 import mod_11_10
from stdnum.ua import rntrc

from sandbox.population.engine.checkdigits import CHECKS, iban_digits

THEIRS = {
    "luhn": (luhn.calc_check_digit, 11),
    "verhoeff": (verhoeff.calc_check_digit, 11),
    "mod_11_10": (mod_11_10.calc_check_digit, 10),
    "ee_isikukood": (lambda digits: ik.calc_check_digit(digits + "0"), 10),
    "ua_rnokpp": (lambda digits: rntrc.calc_check_digit(digits + "0"), 9),
}


def as_rows(texts: list[str]) -> np.ndarray:
    return np.array([list(text.encode()) for text in texts], dtype=np.uint8)


@pytest.mark.parametrize("check", sorted(CHECKS))
@settings(max_examples=30, deadline=None)
@given(numbers=st.lists(st.integers(0, 10**11 - 1), min_size=1, max_size=20))
def test_a_check_digit_is_the_one_that_python_stdnum_computes(check: str, numbers: list[int]) -> None:
    theirs, width = THEIRS[check]
    texts = [f"{number % 10**width:0{width}}" for number in numbers]
    ours = [row.tobytes().decode() for row in CHECKS[check](as_rows(texts))]
    assert ours == [theirs(text) for text in texts]


@settings(max_examples=30, deadline=None)
@given(numbers=st.lists(st.integers(0, 10**16 - 1), min_size=1, max_size=20))
def test_iban_digits_make_the_account_valid(numbers: list[int]) -> None:
    texts = [f"{number:016}" for number in numbers]
    written = iban_digits("EE", as_rows(texts))
    found = [f"EE{row.tobytes().decode()}{text}" for row, text in zip(written, texts, strict=True)]
    assert [number for number in found if not iban.is_valid(number, check_country=False)] == []
