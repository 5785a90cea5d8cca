"""Check digits over columns of decimal digits, a row for each person.

Each function takes a matrix of ASCII digits and gives one more column, or two. Refuses anything
else; which check an id has stands in its recipe. The sources are named beside each rule, and
tests hold them against python-stdnum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sandbox.population.engine.randomness import Integers
from sandbox.population.engine.text import Characters, luhn_digit, write_number

_VERHOEFF_PRODUCT = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ],
    dtype=np.int64,
)
_VERHOEFF_TURN = np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4], dtype=np.int64)
_VERHOEFF_INVERSE = np.array([0, 4, 3, 2, 1, 5, 6, 7, 8, 9], dtype=np.int64)


def verhoeff_digit(digits: Characters) -> Characters:
    """Compute the digit of Verhoeff's dihedral code (1969), as Aadhaar numbers end with."""
    turns = [np.arange(10, dtype=np.int64)]
    for _ in range(7):
        turns.append(_VERHOEFF_TURN[turns[-1]])
    total = np.zeros(len(digits), dtype=np.int64)
    for position, column in enumerate(_values(digits).T[::-1], start=1):
        total = _VERHOEFF_PRODUCT[total, turns[position % 8][column]]
    return write_number(_VERHOEFF_INVERSE[total], 1)


def mod_11_10_digit(digits: Characters) -> Characters:
    """Compute the digit of ISO 7064 mod 11,10, as German tax numbers end with."""
    product = np.full(len(digits), 10, dtype=np.int64)
    for column in _values(digits).T:
        total = (column + product) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return write_number((11 - product) % 10, 1)


def isikukood_digit(digits: Characters) -> Characters:
    """Compute the digit of an Estonian personal code (EVS 585): weights 1-9,1, else 3-9,1-3."""
    values = _values(digits)
    first = (values * np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 1])).sum(axis=1) % 11
    second = (values * np.array([3, 4, 5, 6, 7, 8, 9, 1, 2, 3])).sum(axis=1) % 11
    return write_number(np.where(first == 10, second % 10, first), 1)


def rnokpp_digit(digits: Characters) -> Characters:
    """Compute the digit of a Ukrainian taxpayer's number: weights -1,5,7,9,4,6,10,5,7 mod 11 mod 10."""
    weights = np.array([-1, 5, 7, 9, 4, 6, 10, 5, 7])
    return write_number((_values(digits) * weights).sum(axis=1) % 11 % 10, 1)


def iban_digits(country: str, basic: Characters) -> Characters:
    """Compute the two check digits of ISO 13616 over an account's digits and its country."""
    rest = np.zeros(len(basic), dtype=np.int64)
    for column in _values(basic).T:
        rest = (rest * 10 + column) % 97
    for letter in country:
        rest = (rest * 100 + ord(letter) - ord("A") + 10) % 97
    return write_number(98 - rest * 100 % 97, 2)


CHECKS: Mapping[str, Callable[[Characters], Characters]] = {
    "luhn": luhn_digit,
    "verhoeff": verhoeff_digit,
    "mod_11_10": mod_11_10_digit,
    "ee_isikukood": isikukood_digit,
    "ua_rnokpp": rnokpp_digit,
}
"""The checks that a recipe may name."""


def _values(digits: Characters) -> Integers:
    return digits.astype(np.int64) - ord("0")
