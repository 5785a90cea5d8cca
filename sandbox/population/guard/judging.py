"""Decides for each record whether it could be a real person's. Fails closed: what can't be judged is refused.

The rule, in words, stands in docs/how-to/import.md. Whole columns are compared with patterns first; only
what they can't clear, each different value once, is given to the validators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sandbox.population.guard.detectors import DETECTORS, WEAK, holds_card
from sandbox.population.guard.fields import NAMES
from sandbox.population.guard.report import MappedColumn
from sandbox.population.guard.shapes import Shape, recognise
from sandbox.population.guard.source import as_text
from sandbox.population.proof import banks
from sandbox.population.proof.forms import PROVISIONAL, RESERVED_MAIL, any_of
from sandbox.population.proof.marks import Marks
from sandbox.population.proof.schemes import PERSONAL, load_scheme

Flags = NDArray[np.bool_]

SUSPICIOUS_SHARE, ENOUGH_VALUES = 0.7, 20
"""A column is taken for personal numbers when so many of at least so many values are valid ones."""

_LOOKED_AT = 500
_AS_PHONES = "written as phones are"
_WRITTEN_AS_PHONE = (
    r"^(?:\+|00|0[1-9]|\(|1[ .-])[0-9 ()./-]{6,18}[0-9](?: ?x[0-9]{1,6})?$"
    r"|^[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}(?:x[0-9]{1,6})?$"
)
_DIGITS = r"^[0-9][0-9 .\-]{6,18}$"

_PROVISIONAL = any_of([PROVISIONAL])

_WHOLLY_JUDGED = ("national_id", "functional_id", "account", "email")
"""In these fields a value is cleared as a whole or refused, so that nothing can hide beside it."""

_SMALL = 10**9
"""Whole numbers below it are counts, money and row numbers; no scheme that is searched for is so short."""

_IBAN = "^[A-Z]{2}[0-9]{2}[0-9A-Z]{10,30}$"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Records of one batch that one column gives a reason to refuse."""

    column: str
    rule: str
    why: str
    records: Flags
    texts: pa.StringArray


class Judge:
    """Judges batches of one file. `pack` is the one that the file is said to be of, or None."""

    def __init__(self, marks: Marks, pack: str | None, columns: Sequence[MappedColumn]) -> None:
        self._marks = marks
        self._pack = pack
        self._columns = columns
        self._region = pack.upper() if pack and pack.upper() in phonenumbers.SUPPORTED_REGIONS else None
        self._weak: dict[str, str | None] = {}
        self._shapes: dict[str, Shape] = {}

    def judge(self, batch: pa.RecordBatch) -> Sequence[Refusal]:
        """Give the refusals of one batch; a record may be in several."""
        texts = {each.column: as_text(batch.column(place)) for place, each in enumerate(self._columns)}
        self._searched = {
            each.column: _is_searched(batch.column(place)) for place, each in enumerate(self._columns)
        }
        packs = self._find_packs(texts)
        marked = packs >= 0
        refusals: list[Refusal] = []
        for each in self._columns:
            text = texts[each.column]
            if each.field == "national_id":
                found, proven = self._judge_ids(each.column, text, packs)
                marked = marked | proven
                refusals += found
            elif each.field == "phone":
                refusals += self._apply(each.column, text, "phone", _PHONE, self._clear_phone, self._is_phone)
            elif each.field == "email":
                refusals += self._apply(
                    each.column, text, "mail", _MAIL_WHY, RESERVED_MAIL, lambda value: bool(value)
                )
            elif each.field == "account":
                refusals += self._judge_accounts(each.column, text)
            elif each.field == "functional_id":
                why = "a functional id that is not this sandbox's"
                refusals += self._apply(
                    each.column,
                    text,
                    "functional-id",
                    why,
                    self._marks.any_functional,
                    lambda value: bool(value),
                )
            refusals += self._search(each, text)
        refusals += self._judge_names(texts, marked)
        return [each for each in refusals if each.records.any()]

    def _find_packs(self, texts: Mapping[str, pa.StringArray]) -> NDArray[np.int64]:
        """Say of which pack each record is by its functional id, as a place in the list; -1 for none."""
        rows = len(next(iter(texts.values())))
        packs = np.full(rows, -1, dtype=np.int64)
        for each in self._columns:
            if each.field not in ("functional_id", "national_id"):
                continue
            if not _matches(texts[each.column], self._marks.any_functional).any():
                continue
            for place, code in enumerate(self._marks.packs):
                packs[_matches(texts[each.column], self._marks.functional[code])] = place
        return packs

    def _judge_ids(
        self, column: str, text: pa.StringArray, packs: NDArray[np.int64]
    ) -> tuple[list[Refusal], Flags]:
        """Clear ids of the record's own pack; an id alone proves something where its form is proven."""
        present = _present(text)
        cleared = _matches(text, self._marks.any_functional) | _matches(text, _PROVISIONAL)
        proven = np.zeros(len(text), dtype=np.bool_)
        for place, code in enumerate(self._marks.packs):
            alike = _matches(text, self._marks.national[code])
            if not alike.any():
                continue
            own = alike & ((packs == place) | (self._pack == code))
            cleared |= own
            if code in self._marks.proven:
                proven |= own
                if self._pack is None:
                    # Nobody says of which pack it is: another scheme may know the same form.
                    unclaimed = alike & (packs < 0)
                    fine = unclaimed & ~_each(text, unclaimed, _is_personal_number)
                    cleared |= fine
                    proven |= fine
        why = "an id in no form that is proven to be made up (of a pack's citizens? say --pack)"
        return [Refusal(column, "national-id", why, present & ~cleared, text)], proven

    def _judge_accounts(self, column: str, text: pa.StringArray) -> list[Refusal]:
        """Clear accounts of the packs' forms and IBANs with wrong check digits; refuse all others."""
        compact = pc.utf8_upper(pc.replace_substring_regex(text, "[ -]", ""))
        rest = _present(text) & ~_matches(compact, self._marks.any_account)
        iban = rest & _matches(compact, _IBAN)
        right = np.zeros(len(text), dtype=np.bool_)
        if iban.any():
            right[iban] = banks.have_right_digits(compact.filter(pa.array(iban)))
            starts = pc.utf8_slice_codeunits(compact, 0, 2)
            no_iban = _each(starts, iban, lambda start: banks.iban_length(start) is None)
        else:
            no_iban = iban
        return [
            Refusal(
                column, "account", "an account number with right IBAN check digits", right & ~no_iban, text
            ),
            Refusal(
                column,
                "account",
                "an account number in no made-up form: a bank may have given it",
                (rest & ~iban) | (iban & no_iban),
                text,
            ),
        ]

    @property
    def _clear_phone(self) -> str:
        return self._marks.any_phone

    def _is_phone(self, value: str) -> bool:
        """Say whether a value could be somebody's phone: valid, or without a country that could refute it."""
        spelled = f"+{value[2:]}" if value.startswith("00") else value
        if sum(sign.isdigit() for sign in spelled) < 5:
            return False
        try:
            number = phonenumbers.parse(spelled, self._region)
        except phonenumbers.NumberParseException:
            return True
        return bool(phonenumbers.is_valid_number(number))

    def _judge_names(self, texts: Mapping[str, pa.StringArray], marked: Flags) -> list[Refusal]:
        """Refuse whoever is named and told something about, without a mark that nobody real bears."""
        named = [each for each in self._columns if each.field in NAMES]
        told = np.zeros(len(marked), dtype=np.bool_)
        for each in self._columns:
            if each.field not in NAMES:
                told |= _present(texts[each.column])
        refusals = []
        left = told & ~marked
        for each in named:
            here = left & _present(texts[each.column])
            why = "a name with something told about its bearer, and no id that proves them made up"
            refusals.append(Refusal(each.column, "person", why, here, texts[each.column]))
            left = left & ~here
        return refusals

    def _search(self, column: MappedColumn, text: pa.StringArray) -> Iterator[Refusal]:
        """Search a column for what doesn't belong there."""
        if not self._searched[column.column]:
            return
        formula = _matches(text, r"^\s*=.*\S")
        yield Refusal(
            column.column, "formula", "a formula: what it would show can't be judged", formula, text
        )
        if column.field in _WHOLLY_JUDGED:
            return
        own = np.zeros(len(text), dtype=np.bool_)
        if column.field == "phone":
            own = _matches(text, self._marks.any_phone)
        elif self._own_possible(text):
            for pattern in (self._marks.any_phone, self._marks.any_account, self._marks.any_functional):
                own |= _matches(text, pattern)
        for detector in DETECTORS:
            if detector.rule == column.field:
                continue
            candidates = _matches(text, detector.candidates) & ~own
            if candidates.any():
                candidates &= ~_matches(text, detector.harmless)
            if candidates.any():
                found = _each(text, candidates, detector.finds)
                yield Refusal(column.column, detector.rule, detector.why, found, text)
        if column.field != "phone":
            yield from self._search_weak(column.column, text, own)
        if column.field is None:
            yield from self._search_shape(column.column, text, own)

    def _own_possible(self, text: pa.StringArray) -> bool:
        """Save the long patterns where no value is as short and as full of digits as numbers are."""
        return bool(_matches(text, r"^\+?[0-9A-Z]{8,34}$").any())

    def _search_weak(self, column: str, text: pa.StringArray, own: Flags) -> Iterator[Refusal]:
        """Take a whole column for phones or personal numbers when far more of it is than chance would have.

        The first batch decides for the file.
        """
        if column not in self._weak:
            self._weak[column] = _name_kind(pc.unique(text.drop_null()).to_pylist()[:_LOOKED_AT])
        kind = self._weak[column]
        if kind is not None:
            form = _WRITTEN_AS_PHONE if kind == _AS_PHONES else _DIGITS
            rule = "phone" if kind == _AS_PHONES else "personal-number"
            why = f"nearly the whole column is numbers {kind}"
            yield Refusal(column, rule, why, _matches(text, form) & ~own, text)

    def _search_shape(self, column: str, text: pa.StringArray, own: Flags) -> Iterator[Refusal]:
        """Refuse what looks like a phone or national id where much of a column does.

        A batch decides for itself and for all that follow.
        """
        if column not in self._shapes:
            left = _present(text) & ~own
            filled = pc.utf8_trim_whitespace(text.filter(pa.array(left))).to_pylist()
            shape = recognise(filled[:: -(-len(filled) // _LOOKED_AT) or 1])
            if shape is None:
                return
            self._shapes[column] = shape
        shape = self._shapes[column]
        trimmed = pc.utf8_trim_whitespace(text)
        found = _matches(trimmed, shape.candidates) & ~_matches(trimmed, shape.harmless) & ~own
        yield Refusal(column, shape.rule, shape.why, found, text)

    def _apply(
        self,
        column: str,
        text: pa.StringArray,
        rule: str,
        why: str,
        cleared: str,
        is_real: Callable[[str], bool],
    ) -> list[Refusal]:
        rest = _present(text) & ~_matches(text, cleared)
        return [Refusal(column, rule, why, _each(text, rest, is_real) if rest.any() else rest, text)]


_PHONE = "a phone number that libphonenumber accepts, or that can't be refuted without its country"
_MAIL_WHY = "a mail address at a domain that somebody can register"


def _is_searched(column: pa.Array) -> bool:
    """Leave out what can't hold a number of a person: flags, dates, fractions, and small whole numbers."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return True
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return bool((pc.max(column).as_py() or 0) >= _SMALL)
    return False


def _present(text: pa.StringArray) -> Flags:
    filled = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(text), ""), False)
    return _flags(filled)


def _matches(text: pa.StringArray, pattern: str) -> Flags:
    return _flags(pc.fill_null(pc.match_substring_regex(text, pattern), False))


def _flags(column: pa.BooleanArray) -> Flags:
    found: Flags = column.to_numpy(zero_copy_only=False).astype(np.bool_)
    return found


def _each(text: pa.StringArray, chosen: Flags, ask: Callable[[str], bool]) -> Flags:
    """Ask about each different chosen value once."""
    found = np.zeros(len(text), dtype=np.bool_)
    places = np.flatnonzero(chosen)
    coded = text.take(pa.array(places)).dictionary_encode()
    answers = np.array([ask(value) for value in coded.dictionary.to_pylist()], dtype=np.bool_)
    if len(answers):
        found[places] = answers[coded.indices.to_numpy(zero_copy_only=False)]
    return found


def _is_personal_number(value: str) -> bool:
    return any(load_scheme(name).is_valid(value) for name in PERSONAL) or holds_card(value)


def _name_kind(values: Sequence[str]) -> str | None:
    """Say what nearly all values of a column are, if they are anything that could be somebody's."""
    if len(values) < ENOUGH_VALUES:
        return None
    if sum(bool(re.match(_WRITTEN_AS_PHONE, value)) for value in values) >= SUSPICIOUS_SHARE * len(values):
        return _AS_PHONES
    digits = [value for value in values if re.match(_DIGITS, value)]
    if len(digits) < SUSPICIOUS_SHARE * len(values):
        return None
    for name in WEAK:
        scheme = load_scheme(name)
        if sum(map(scheme.is_valid, digits)) >= SUSPICIOUS_SHARE * len(digits):
            return f"that are valid by one scheme of personal numbers ({name})"
    return None
