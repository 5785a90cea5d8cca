"""Tells from the look of a whole column that was not understood whether it holds phones or national ids.

A single number without its country says little; a good share of a column that looks alike says more.
Refuses more than it must: whoever knows that a column holds neither says `--map COLUMN=other`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sandbox.population.proof.phones import is_valid_somewhere

SHARE, ENOUGH = 0.2, 5
"""A column is suspected for so large a share of its filled values, when they are at least so many."""

_ASKED = 60
"""So many values of a suspected column are put to libphonenumber."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a column looks like; the patterns are RE2, for whole columns."""

    rule: str
    why: str
    candidates: str
    harmless: str = r"^$"
    """Candidates of this form are left."""


_EXTENSION = r"(?: ?(?:x|ext\.?) ?[0-9]{1,6})?$"
_PAIRS = r"[0-9]{2} [0-9]{2} [0-9]{2}"
"""Six digits are a phone where they are set apart as France's neighbours do it."""
_PHONE = rf"^\(?\+?\(?[0-9](?:[ ()./-]{{0,3}}[0-9]){{6,14}}{_EXTENSION}|^{_PAIRS}$"

_DATES = (
    r"[0-9]{4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{4}"
    r"|(?:0[1-9]|[12][0-9]|3[01]) (?:0[1-9]|1[0-2]) [0-9]{2}"
    r"|[0-9]{2} (?:0[1-9]|1[0-2]) (?:0[1-9]|[12][0-9]|3[01])"
)
_CODES = (
    r"[0-9]{5}-[0-9]{3,4}|[0-9]{3,4}-[0-9]{3}|[0-9]{3}-[0-9]{4}"  # postcodes of BR, US, PT, JP
    r"|(?:19|20)[0-9]{2}[-/ ][0-9]+"  # years, and what is numbered within one
    r"|97[89][ -]?[0-9](?:[ -]?[0-9]){9}"  # ISBN
    r"|[0-9]{1,3}(?:\.[0-9]{1,3}){3}"  # IPv4
)
_HARMLESS = rf"^(?:{_DATES}|{_CODES})$"

_DECIDING = re.compile(_PHONE)
_LEFT_OUT = re.compile(rf"{_HARMLESS}|^[0-9]+\.[0-9]+$")
_AMOUNT = re.compile(r"^[1-9][0-9]*$|^[1-9][0-9]{0,2}(?:[ .][0-9]{3})+$")
"""Whole numbers, also with their thousands set apart: amounts and phones may both be written so."""

PHONES = Shape(
    "phone",
    "written as phones are, in a column that was not understood and has many such",
    _PHONE,
    _HARMLESS,
)

NATIONAL_IDS = (
    Shape(
        "national-id",
        "written as GB's national insurance numbers, in a column that was not understood and has many such",
        # HMRC's National Insurance Manual, NIM39110: the letters and prefixes that are given.
        r"(?i)^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[A-D]$",
        r"(?i)^(?:BG|GB|KN|NK|NT|TN|ZZ)",
    ),
)
"""Ids without a check digit that python-stdnum could compute."""


def recognise(values: Sequence[str]) -> Shape | None:
    """Say what a column of these filled values looks like, if anything that could be somebody's."""
    enough = max(ENOUGH, SHARE * len(values))
    for shape in NATIONAL_IDS:
        if sum(_is_of(shape, value) for value in values) >= enough:
            return shape
    alike = [value for value in values if _DECIDING.match(value) and not _LEFT_OUT.match(value)]
    amounts = [value for value in alike if _AMOUNT.match(value)]
    if not _could_be_phones(amounts, [value for value in values if _AMOUNT.match(value)]):
        alike = [value for value in alike if not _AMOUNT.match(value)]
    if len(alike) < enough:
        return None
    asked = alike[:: -(-len(alike) // _ASKED)]
    valid = sum(map(_is_valid, asked)) / len(asked)
    return PHONES if valid * len(alike) >= enough else None


def _is_of(shape: Shape, value: str) -> bool:
    return bool(re.match(shape.candidates, value)) and not re.match(shape.harmless, value)


def _could_be_phones(amounts: Sequence[str], whole_numbers: Sequence[str]) -> bool:
    """Tell phones without any sign of one from amounts and numbering: long, few round, not rising."""
    lengths = [sum(sign.isdigit() for sign in value) for value in whole_numbers]
    long = sum(9 <= length <= 12 for length in lengths)
    round_ = sum(value.endswith("00") for value in amounts)
    digits = [value.replace(" ", "").replace(".", "") for value in amounts]
    rising = sum(int(first) < int(second) for first, second in pairwise(digits))
    return long >= 0.95 * len(lengths) and round_ <= 0.1 * len(amounts) and rising <= 0.9 * (len(amounts) - 1)


def _is_valid(value: str) -> bool:
    spelled = f"+{value[2:]}" if value.startswith("00") else value
    return is_valid_somewhere(spelled)
