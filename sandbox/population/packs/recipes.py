"""Recipes for numbers that belong to one person each: national ids, accounts and phones, as parts.

A part is told by the key that only its kind has. Refuses recipes whose numbers would repeat, and
checksums that can't be right: a check digit covers everything before it, so nothing may follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, field_validator, model_validator

from sandbox.model.block import Frozen

Ascii = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9+.-]+$", max_length=16)]

HOUSEHOLDS_PER_WINDOW = 4096
"""Households within which people of one birth date and sex are counted for a `birth_serial`."""

LAYERS = 5
"""How far months may be moved (by 20 each) when a window has more people of one date and sex."""

_CHECKED_DIGITS: Mapping[str, int] = {"ee_isikukood": 10, "ua_rnokpp": 9}
"""Checks that are defined for one length only, and how many digits stand before them."""


class Text(Frozen):
    """The same characters for everyone."""

    text: Ascii


class Serial(Frozen):
    """A number of so many digits that no two persons share."""

    serial: int = Field(ge=6, le=10)


class BirthYear(Frozen):
    """The four digits of the year of birth, moved by `plus` years."""

    birth_year: Literal[True]
    plus: int = Field(default=0, ge=0, le=500)


class BirthDate(Frozen):
    """The date of birth as two digits each of year, month and day."""

    birth_date: Literal["YYMMDD"]


class BirthDays(Frozen):
    """The date of birth, moved by `plus` years, as five digits: days since 31 December 1899."""

    birth_days: Literal[5]
    plus: int = Field(default=0, ge=0, le=150)


class BirthSerial(Frozen):
    """Tells people of one birth date and sex apart.

    Every HOUSEHOLDS_PER_WINDOW households have `same_day` numbers of their own in each date, so
    that a shard can be drawn without the others.
    """

    birth_serial: int = Field(ge=3, le=5)
    same_day: int = Field(ge=4, le=100)


class SexDigit(Frozen):
    """One digit by sex; of several, the serial chooses."""

    female: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,5}$")]
    male: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,5}$")]

    @model_validator(mode="after")
    def _as_many(self) -> SexDigit:
        if len(self.female) != len(self.male) or set(self.female) & set(self.male):
            raise ValueError("female and male need equally many digits, and none in common")
        return self


class Iban(Frozen):
    """A country and the two check digits (ISO 7064 mod 97-10) over everything that follows."""

    iban: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Check(Frozen):
    """A check digit over all decimal digits before it."""

    check: Literal["luhn", "verhoeff", "mod_11_10", "ee_isikukood", "ua_rnokpp"]


NATIONAL_CHECKS = {"de": "mod_11_10", "ee": "ee_isikukood", "in": "verhoeff", "ua": "ua_rnokpp"}
"""By pack: how the ids of that country end, as python-stdnum computes them."""

PART_KEYS = (
    "text",
    "birth_serial",
    "serial",
    "birth_year",
    "birth_date",
    "birth_days",
    "female",
    "iban",
    "check",
)
"""The key by which each kind of part is told."""


def _kind_of_part(part: Any) -> str | None:
    """Tell a part by the key that only its kind has, so that errors speak of that kind alone."""
    keys = part if isinstance(part, Mapping) else type(part).model_fields
    return next((key for key in PART_KEYS if key in keys), None)


Part = Annotated[
    Annotated[Text, Tag("text")]
    | Annotated[Serial, Tag("serial")]
    | Annotated[BirthYear, Tag("birth_year")]
    | Annotated[BirthDate, Tag("birth_date")]
    | Annotated[BirthDays, Tag("birth_days")]
    | Annotated[BirthSerial, Tag("birth_serial")]
    | Annotated[SexDigit, Tag("female")]
    | Annotated[Iban, Tag("iban")]
    | Annotated[Check, Tag("check")],
    Discriminator(
        _kind_of_part,
        custom_error_type="unknown_part",
        custom_error_message=(
            "a part is one of text, serial, birth_year, birth_date, birth_days, birth_serial, "
            "female and male, iban, check"
        ),
    ),
]


class IdRecipe(Frozen):
    """A number put together from parts, left to right; exactly one of them is the serial."""

    parts: tuple[Part, ...] = Field(min_length=1)

    @field_validator("parts")
    @classmethod
    def _one_serial(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        if sum(isinstance(part, Serial | BirthSerial) for part in parts) != 1:
            raise ValueError("a recipe needs exactly one part 'serial' or 'birth_serial', or numbers repeat")
        return parts

    @field_validator("parts")
    @classmethod
    def _checks_cover_what_they_stand_for(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        for position, part in enumerate(parts):
            if isinstance(part, Iban) and position:
                raise ValueError("'iban' covers everything after it, so it must come first")
            if isinstance(parts[0], Iban) and isinstance(part, Text) and not part.text.isdigit():
                raise ValueError(f"an account after 'iban' has digits only, found {part.text!r}")
            if isinstance(part, Check):
                if position != len(parts) - 1:
                    raise ValueError(
                        f"the check digit {part.check!r} covers what is before it; it must be last"
                    )
                _refuse_wrong_length(part, parts[:-1])
        return parts

    @field_validator("parts")
    @classmethod
    def _dated(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        dated = sum(isinstance(part, BirthDate | BirthDays) for part in parts) == 1
        sexed = sum(isinstance(part, SexDigit) for part in parts) == 1
        if any(isinstance(part, BirthSerial) for part in parts) and not (dated and sexed):
            raise ValueError("'birth_serial' needs one part with the date of birth and one digit by sex")
        if any(isinstance(part, SexDigit) and len(part.female) > 1 for part in parts) and not any(
            isinstance(part, BirthSerial) for part in parts
        ):
            raise ValueError("several digits by sex need a 'birth_serial' to choose among them")
        return parts

    @property
    def width(self) -> int:
        """How many characters a number has."""
        return sum(
            len(part.text) if isinstance(part, Text) else 4 if isinstance(part, Iban) else _count_digits(part)
            for part in self.parts
        )

    @property
    def birth_serial(self) -> BirthSerial | None:
        """The part that counts within a date of birth, if there is one."""
        return next((part for part in self.parts if isinstance(part, BirthSerial)), None)

    @property
    def windows(self) -> int:
        """How many windows of households a `birth_serial` can tell apart."""
        counted = self.birth_serial
        assert counted is not None
        digits = next(len(part.female) for part in self.parts if isinstance(part, SexDigit))
        return int(10**counted.birth_serial) * digits // counted.same_day

    def capacity(self, mean_size_per_mille: int) -> int:
        """How many persons can have a number of their own, in households of that mean size."""
        if self.birth_serial is None:
            return int(next(10**part.serial for part in self.parts if isinstance(part, Serial)))
        # Archetypes hold the mean size within 1 %; another 1 % is for chance.
        return self.windows * HOUSEHOLDS_PER_WINDOW * mean_size_per_mille * 98 // 100_000


class PhoneRecipe(Frozen):
    """Country code, prefixes that are nobody's, and so many digits after them."""

    country_code: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{0,2}$")]
    prefixes: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")], ...] = Field(min_length=1)
    digits: int = Field(ge=6, le=9)

    @field_validator("prefixes")
    @classmethod
    def _same_width(cls, prefixes: tuple[str, ...]) -> tuple[str, ...]:
        if len({len(prefix) for prefix in prefixes}) != 1 or len(set(prefixes)) != len(prefixes):
            raise ValueError("prefixes must differ and have the same number of digits")
        return prefixes

    @property
    def capacity(self) -> int:
        """How many persons can have a number of their own."""
        return len(self.prefixes) * int(10**self.digits)


def _refuse_wrong_length(check: Check, before: tuple[Part, ...]) -> None:
    digits = sum(_count_digits(part) for part in before)
    wanted = _CHECKED_DIGITS.get(check.check, digits)
    if digits != wanted:
        raise ValueError(
            f"the check digit {check.check!r} is made for {wanted} digits before it, found {digits}"
        )
    if not digits:
        raise ValueError(f"the check digit {check.check!r} has no digits before it")


def _count_digits(part: Part) -> int:
    match part:
        case Text(text=text):
            return sum(character.isdigit() for character in text)
        case Serial(serial=width) | BirthSerial(birth_serial=width):
            return width
        case BirthYear():
            return 4
        case BirthDate():
            return 6
        case BirthDays():
            return 5
        case SexDigit() | Check():
            return 1
        case Iban():
            return 2
