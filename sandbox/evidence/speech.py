"""What a page says in its reader's language: sentences out of a catalogue, numbers and dates through Babel.

A sentence is written once, in English, whole and with named places: `speech.gettext("%(name)s was paid",
name=...)`. What a run recorded, and what content says, is not translated here.
"""

from __future__ import annotations

import gettext
import io
import math
import re
from collections.abc import Iterable
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.evidence.wording import say_value, split_comparison
from sandbox.model.language import ENGLISH as IN_ENGLISH
from sandbox.model.language import Language

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

_MOST = 10**15
"""Larger numbers are no measure of anything, and are written as they come."""
_MARKS = re.compile("[\u061c\u200e\u200f]")
"""Direction marks that Babel puts into numbers; the page sets apart what has a direction of its own."""


def noted(message: str) -> str:
    """Note a word for the catalogue that is looked up later, from a table."""
    return message


OUTCOMES = {
    "passed": noted("passed"),
    "failed": noted("failed"),
    "error": noted("error"),
    "skipped": noted("skipped"),
}
STATUSES = {
    400: noted("bad request"),
    401: noted("unauthorized"),
    403: noted("forbidden"),
    404: noted("not found"),
    405: noted("method not allowed"),
    409: noted("conflict"),
    413: noted("request entity too large"),
    415: noted("unsupported media type"),
    422: noted("unprocessable entity"),
    423: noted("locked"),
    429: noted("too many requests"),
    500: noted("internal server error"),
    502: noted("bad gateway"),
    503: noted("service unavailable"),
    504: noted("gateway timeout"),
}
REFUSALS = {
    "consent-missing": noted("consent missing"),
    "held": noted("held"),
    "internal-error": noted("internal error"),
    "invalid-path": noted("invalid path"),
    "invalid-request": noted("invalid request"),
    "method-not-allowed": noted("method not allowed"),
    "no-such-service": noted("no such service"),
    "not-allowed": noted("not allowed"),
    "not-delivered": noted("not delivered"),
    "schema-violation": noted("schema violation"),
    "service-unreachable": noted("service unreachable"),
    "timed-out": noted("timed out"),
    "too-large": noted("too large"),
    "too-slow": noted("too slow"),
}


def _open_catalogue(compiled: bytes) -> gettext.NullTranslations:
    return gettext.GNUTranslations(io.BytesIO(compiled)) if compiled else gettext.NullTranslations()


class Speech:
    """Says things in one language."""

    def __init__(self, language: Language = IN_ENGLISH) -> None:
        """Speak `language`, whose catalogue was checked when it was read."""
        self.language = language
        self._patterns: dict[int, NumberPattern] = {}
        self._catalogue = _open_catalogue(language.messages)
        self._own = _open_catalogue(language.own)

    @cached_property
    def _locale(self) -> Locale:
        # Loaded here: commands that write no page need not wait for it.
        from babel import Locale

        return Locale.parse(self.language.formats, sep="-")

    def look_up(self, message: str) -> str:
        """Translate a message and leave its places as they are; what nobody translated stays English."""
        return self._catalogue.gettext(message)

    def look_up_counted(self, singular: str, plural: str, number: int) -> str:
        """Translate the form of a message that belongs to a number."""
        return self._catalogue.ngettext(singular, plural, number)

    def translate_own(self, text: str) -> str | None:
        """Translate what the scenario says; None when nobody has."""
        said = self._own.gettext(text) if text else text
        return None if said == text else said

    def gettext(self, message: str, **values: Any) -> str:
        """Translate a message and fill its places; whole numbers are written as the reader expects them."""
        return self.look_up(message) % {name: self._fill(value) for name, value in values.items()}

    def ngettext(self, singular: str, plural: str, number: int, **values: Any) -> str:
        """Translate a message about a number, which has the place `num`."""
        filled = {name: self._fill(value) for name, value in {"num": number, **values}.items()}
        return self.look_up_counted(singular, plural, number) % filled

    def _fill(self, value: Any) -> Any:
        return self.number(value) if isinstance(value, int) else value

    def decimal(self, value: float | Decimal, digits: int = 0) -> str:
        """Write a number with so many digits behind the point."""
        if not math.isfinite(value) or not -_MOST < value < _MOST:
            return f"{value:,.{digits}f}"
        if digits not in self._patterns:
            pattern = copy(self._locale.decimal_formats[None])
            pattern.frac_prec = (digits, digits)
            self._patterns[digits] = pattern
        said = self._patterns[digits].apply(value, self._locale, numbering_system="default")
        return _MARKS.sub("", said)

    def number(self, value: Any, unit: str = "") -> str:
        """Group thousands and add the unit: `1,840,000 RWF`, `90 %`."""
        if isinstance(value, bool):
            text = self.gettext("yes") if value else self.gettext("no")
        elif isinstance(value, int):
            text = self.decimal(value)
        elif isinstance(value, float | Decimal):
            text = self.decimal(value, 0 if math.isfinite(value) and value == int(value) else 2)
        elif value is None:
            text = self.gettext("not known")
        else:
            text = value if isinstance(value, str) else say_value(value)
        return f"{text}\u00a0{unit}" if unit else text

    def measure(self, value: float) -> str:
        """Write a number with no more digits than it has, and at most two: `3.5`, `7`."""
        digits = next((digits for digits in (0, 1) if round(value, digits) == round(value, 2)), 2)
        return self.decimal(value, digits)

    def comparison(self, text: str, unit: str = "") -> str:
        """Write what a criterion wants: `≥ 1,500 RWF`; the sign of equality is left out."""
        found = split_comparison(text)
        return text if found is None else found[0] + self.number(found[1], unit)

    def duration(self, milliseconds: float) -> str:
        """Write a duration with two or three significant digits: `4.1 ms`, `41 ms`, `1.23 s`, `2 min 5 s`."""
        if milliseconds < 999.5:
            digits = 1 if milliseconds < 9.95 else 0
            return self.gettext("%(number)s\u00a0ms", number=self.decimal(milliseconds, digits))
        if milliseconds < 119_500:
            return self.gettext("%(number)s\u00a0s", number=self.decimal(milliseconds / 1000, 2))
        minutes, seconds = divmod(round(milliseconds / 1000), 60)
        return self.gettext("%(minutes)s\u00a0min %(seconds)s\u00a0s", minutes=minutes, seconds=seconds)

    def percent(self, share: float, digits: int = 1) -> str:
        """Write a share of one in per cent."""
        return self.gettext("%(number)s\u00a0%%", number=self.decimal(100 * share, digits))

    def moment(self, moment: datetime) -> str:
        """Write a real time: `23 November 2026, 10:41:07 UTC`."""
        from babel.dates import format_datetime

        if moment.tzinfo is None:
            said = format_datetime(moment, "medium", locale=self._locale)
            return self.gettext("%(moment)s local time", moment=said)
        return format_datetime(moment, "long", tzinfo=moment.tzinfo, locale=self._locale)

    def day(self, text: str) -> str:
        """Write a business day, which a record holds as `2026-08-01`; what is none stays as it is."""
        from babel.dates import format_date

        try:
            return format_date(date.fromisoformat(text), "long", locale=self._locale)
        except ValueError:
            return text

    def enumerate(self, parts: Iterable[str]) -> str:
        """Write parts one after another: `a, b, c`."""
        from babel.lists import format_list

        return format_list(list(parts), style="unit", locale=self._locale)

    def outcome(self, word: str) -> str:
        """Write an outcome."""
        return self.look_up(OUTCOMES[word]) if word in OUTCOMES else word

    def status(self, status: int) -> str:
        """Write an HTTP status with its meaning: `403 forbidden`."""
        return f"{status} {self.look_up(STATUSES[status])}" if status in STATUSES else str(status)

    def refusal(self, kind: str) -> str:
        """Write the mediator's kind of refusal as words: `consent-missing` is `consent missing`."""
        return self.look_up(REFUSALS[kind]) if kind in REFUSALS else kind.replace("-", " ")


ENGLISH = Speech()
"""What functions speak that are asked for no other language."""
