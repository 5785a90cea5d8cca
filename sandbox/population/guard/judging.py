"""Decides for each record whether it could be a real person's. Fails closed: what can't be judged is refused.

The rule, in words, stands in docs/how-to/import.md. Whole columns are compared with patterns first; only
what they can't clear, each different value once, is given to the validators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sandbox.population.guard.detectors import holds_card
from sandbox.population.guard.fields import NAMES
from sandbox.population.guard.plain_signs import write_plainly
from sandbox.population.guard.refusals import Flags, Refusal, ask_each, flag_filled, flag_matches
from sandbox.population.guard.report import MappedColumn
from sandbox.population.guard.searching import Search, is_searched
from sandbox.population.guard.source import as_text
from sandbox.population.proof import banks
from sandbox.population.proof.forms import PROVISIONAL, RESERVED_MAIL, any_of
from sandbox.population.proof.marks import Marks
from sandbox.population.proof.schemes import PERSONAL, load_scheme

_PROVISIONAL = any_of([PROVISIONAL])

_IBAN = "^[A-Z]{2}[0-9]{2}[0-9A-Z]{10,30}$"


class Judge:
    """Judges batches of one file. `pack` is the one that the file is said to be of, or None."""

    def __init__(self, marks: Marks, pack: str | None, columns: Sequence[MappedColumn]) -> None:
        self._marks = marks
        self._pack = pack
        self._columns = columns
        self._region = pack.upper() if pack and pack.upper() in phonenumbers.SUPPORTED_REGIONS else None
        self._search = Search(marks)

    def judge(self, batch: pa.RecordBatch) -> Sequence[Refusal]:
        """Give the refusals of one batch; a record may be in several."""
        values = {each.column: batch.column(place) for place, each in enumerate(self._columns)}
        texts = {column: write_plainly(as_text(each)) for column, each in values.items()}
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
            if is_searched(values[each.column]):
                refusals += self._search.search(each, text)
        refusals += self._judge_names(texts, marked)
        return [each for each in refusals if each.records.any()]

    def _find_packs(self, texts: Mapping[str, pa.StringArray]) -> NDArray[np.int64]:
        """Say of which pack each record is by its functional id, as a place in the list; -1 for none."""
        rows = len(next(iter(texts.values())))
        packs = np.full(rows, -1, dtype=np.int64)
        for each in self._columns:
            if each.field not in ("functional_id", "national_id"):
                continue
            if not flag_matches(texts[each.column], self._marks.any_functional).any():
                continue
            for place, code in enumerate(self._marks.packs):
                packs[flag_matches(texts[each.column], self._marks.functional[code])] = place
        return packs

    def _judge_ids(
        self, column: str, text: pa.StringArray, packs: NDArray[np.int64]
    ) -> tuple[list[Refusal], Flags]:
        """Clear ids of the record's own pack; an id alone proves something where its form is proven."""
        present = flag_filled(text)
        cleared = flag_matches(text, self._marks.any_functional) | flag_matches(text, _PROVISIONAL)
        proven = np.zeros(len(text), dtype=np.bool_)
        for place, code in enumerate(self._marks.packs):
            alike = flag_matches(text, self._marks.national[code])
            if not alike.any():
                continue
            own = alike & ((packs == place) | (self._pack == code))
            cleared |= own
            if code in self._marks.proven:
                proven |= own
                if self._pack is None:
                    # Nobody says of which pack it is: another scheme may know the same form.
                    unclaimed = alike & (packs < 0)
                    fine = unclaimed & ~ask_each(text, unclaimed, _is_personal_number)
                    cleared |= fine
                    proven |= fine
        why = "an id in no form that is proven to be made up (of a pack's citizens? say --pack)"
        return [Refusal(column, "national-id", why, present & ~cleared, text)], proven

    def _judge_accounts(self, column: str, text: pa.StringArray) -> list[Refusal]:
        """Clear accounts of the packs' forms and IBANs with wrong check digits; refuse all others."""
        compact = pc.utf8_upper(pc.replace_substring_regex(text, "[ -]", ""))
        rest = flag_filled(text) & ~flag_matches(compact, self._marks.any_account)
        iban = rest & flag_matches(compact, _IBAN)
        right = np.zeros(len(text), dtype=np.bool_)
        if iban.any():
            right[iban] = banks.have_right_digits(compact.filter(pa.array(iban)))
            starts = pc.utf8_slice_codeunits(compact, 0, 2)
            no_iban = ask_each(starts, iban, lambda start: banks.iban_length(start) is None)
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
                told |= flag_filled(texts[each.column])
        refusals = []
        left = told & ~marked
        for each in named:
            here = left & flag_filled(texts[each.column])
            why = "a name with something told about its bearer, and no id that proves them made up"
            refusals.append(Refusal(each.column, "person", why, here, texts[each.column]))
            left = left & ~here
        return refusals

    def _apply(
        self,
        column: str,
        text: pa.StringArray,
        rule: str,
        why: str,
        cleared: str,
        is_real: Callable[[str], bool],
    ) -> list[Refusal]:
        rest = flag_filled(text) & ~flag_matches(text, cleared)
        return [Refusal(column, rule, why, ask_each(text, rest, is_real) if rest.any() else rest, text)]


_PHONE = "a phone number that libphonenumber accepts, or that can't be refuted without its country"
_MAIL_WHY = "a mail address at a domain that somebody can register"


def _is_personal_number(value: str) -> bool:
    return any(load_scheme(name).is_valid(value) for name in PERSONAL) or holds_card(value)
