"""Searches columns for what doesn't belong there: formulas, numbers, and whole columns of either.

What a single value doesn't tell, its column may: a phone without a country is a number like others, a
column of them is not. Columns are judged batch by batch; what one is taken for holds from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.guard.detectors import DETECTORS, WEAK
from sandbox.population.guard.refusals import Flags, Refusal, ask_each, flag_filled, flag_matches
from sandbox.population.guard.report import MappedColumn
from sandbox.population.guard.shapes import Shape, recognise
from sandbox.population.proof.marks import Marks
from sandbox.population.proof.schemes import load_scheme

SUSPICIOUS_SHARE, ENOUGH_VALUES = 0.7, 20
"""A column is full of something when so many of at least so many values are that."""

_LOOKED_AT = 500
_AS_PHONES = "written as phones are"
_WRITTEN_AS_PHONE = (
    r"^(?:\+|00|0[1-9]|\(|1[ .-])[+0-9 ()./-]{6,18}[0-9](?: ?x[0-9]{1,6})?$"
    r"|^[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}(?:x[0-9]{1,6})?$"
)
_DIGITS = r"^[0-9][0-9 .\-]{6,18}$"

_A_NUMBER = r"[0-9](?:[^0-9]*[0-9]){4}"
"""Of a column full of phones or ids nothing with so many digits is let through, whatever it looks like."""

_WHOLLY_JUDGED = ("national_id", "functional_id", "account", "email")
"""In these fields a value is cleared as a whole or refused, so that nothing can hide beside it."""

_SMALL = 10**9
"""Whole numbers below it are counts, money and row numbers; no scheme that is searched for is so short."""


class Search:
    """Searches the columns of one file, and remembers what they were taken for."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._weak: dict[str, str] = {}
        self._shapes: dict[str, Shape] = {}
        self._full: set[str] = set()

    def search(self, column: MappedColumn, text: pa.StringArray) -> Iterator[Refusal]:
        """Give what is found in one batch of a column of text."""
        name = column.column
        formula = flag_matches(text, r"^\s*=.*\S")
        yield Refusal(name, "formula", "a formula: what it would show can't be judged", formula, text)
        if column.field in _WHOLLY_JUDGED:
            return
        own = self._find_own(column, text)
        for detector in DETECTORS:
            if detector.rule == column.field:
                continue
            candidates = flag_matches(text, detector.candidates) & ~own
            if candidates.any():
                candidates &= ~flag_matches(text, detector.harmless)
            if candidates.any():
                found = ask_each(text, candidates, detector.finds)
                yield Refusal(name, detector.rule, detector.why, found, text)
        if column.field != "phone":
            yield from self._search_weak(name, text, own)
        if column.field is None:
            yield from self._search_shape(name, text, own)

    def _find_own(self, column: MappedColumn, text: pa.StringArray) -> Flags:
        """Flag the values that are of a pack's own form."""
        if column.field == "phone":
            return flag_matches(text, self._marks.any_phone)
        own = np.zeros(len(text), dtype=np.bool_)
        # Saves the long patterns where no value is as short and as full of digits as numbers are.
        if flag_matches(text, r"^\+?[0-9A-Z]{8,34}$").any():
            for pattern in (self._marks.any_phone, self._marks.any_account, self._marks.any_functional):
                own |= flag_matches(text, pattern)
        return own

    def _search_weak(self, column: str, text: pa.StringArray, own: Flags) -> Iterator[Refusal]:
        """Take a column for phones or personal numbers when far more of it is than chance would have."""
        if column not in self._weak:
            values = pc.unique(text.drop_null()).to_pylist()[:_LOOKED_AT]
            ours = set(pc.unique(text.filter(pa.array(own))).to_pylist())
            kind = _name_kind([value for value in values if value not in ours], len(values))
            if kind is None:
                return
            self._weak[column] = kind
        kind = self._weak[column]
        phones = kind == _AS_PHONES
        found = flag_matches(text, _A_NUMBER if phones else _DIGITS)
        rule, why = "phone" if phones else "personal-number", f"nearly the whole column is numbers {kind}"
        yield Refusal(column, rule, why, found, text)

    def _search_shape(self, column: str, text: pa.StringArray, own: Flags) -> Iterator[Refusal]:
        """Refuse what looks like a phone or national id where much of a column does."""
        filled = flag_filled(text)
        if column not in self._shapes:
            values = pc.utf8_trim_whitespace(text.filter(pa.array(filled & ~own))).to_pylist()
            shape = recognise(values[:: -(-len(values) // _LOOKED_AT) or 1])
            if shape is None:
                return
            self._shapes[column] = shape
        shape = self._shapes[column]
        trimmed = pc.utf8_trim_whitespace(text)
        found = flag_matches(trimmed, shape.candidates) & ~flag_matches(trimmed, shape.harmless) & ~own
        if filled.sum() >= ENOUGH_VALUES and found.sum() >= SUSPICIOUS_SHARE * filled.sum():
            self._full.add(column)
        if column in self._full:
            found |= flag_matches(text, _A_NUMBER)
        yield Refusal(column, shape.rule, shape.why, found, text)


def is_searched(column: pa.Array) -> bool:
    """Leave out what can't hold a number of a person: flags, dates, fractions, and small whole numbers."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return True
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return bool((pc.max(column).as_py() or 0) >= _SMALL)
    return False


def _name_kind(others: Sequence[str], count: int) -> str | None:
    """Say what nearly all of a column's `count` values are, if they are anything that could be somebody's.

    `others` are those among them that no pack has.
    """
    if count < ENOUGH_VALUES:
        return None
    if sum(bool(re.match(_WRITTEN_AS_PHONE, value)) for value in others) >= SUSPICIOUS_SHARE * count:
        return _AS_PHONES
    digits = [value for value in others if re.match(_DIGITS, value)]
    if len(digits) < SUSPICIOUS_SHARE * count:
        return None
    for name in WEAK:
        scheme = load_scheme(name)
        if sum(map(scheme.is_valid, digits)) >= SUSPICIOUS_SHARE * len(digits):
            return f"that are valid by one scheme of personal numbers ({name})"
    return None
