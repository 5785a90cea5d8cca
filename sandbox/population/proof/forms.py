"""A pack's recipes as patterns: what every number of its citizens looks like, and so nobody else's.

Patterns are RE2's, so that whole columns are compared at once. A pattern holds the recipe's mark (a
first digit, a bank code); check digits are left to who knows the scheme.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandbox.population.packs.profile import RESERVED_DOMAINS, Profile
from sandbox.population.packs.recipes import (
    BirthDate,
    BirthDays,
    BirthSerial,
    BirthYear,
    Check,
    Iban,
    IdRecipe,
    Part,
    PhoneRecipe,
    Serial,
    SexDigit,
    Text,
)

RESERVED_DOMAIN = rf"(?:[A-Za-z0-9-]+\.)*(?:{'|'.join(re.escape(each) for each in RESERVED_DOMAINS)})"
"""A domain that nobody can register, without anchors."""

RESERVED_MAIL = rf"^[^@\s,;<>]+@{RESERVED_DOMAIN}$"
"""One mail address at such a domain, and nothing beside it."""

PROVISIONAL = "PROVISIONAL-[0-9]{6}"
"""What a persona without an id is registered by, without anchors; no authority issues such a number."""


def write_id_pattern(recipe: IdRecipe) -> str:
    """Write the pattern of a recipe's numbers, without anchors."""
    return "".join(_write_part(part) for part in recipe.parts)


def write_phone_pattern(recipe: PhoneRecipe) -> str:
    """Write the pattern of a recipe's phones, without anchors."""
    return rf"\+{recipe.country_code[1:]}(?:{'|'.join(recipe.prefixes)})[0-9]{{{recipe.digits}}}"


def write_functional_pattern(prefix: str) -> str:
    """Write the pattern of this sandbox's own number, without anchors."""
    return rf"{prefix}[0-9A-Z]{{17}}"


def iban_country(profile: Profile) -> str | None:
    """Say of which country the pack's accounts are IBANs; None when they are domestic numbers."""
    first = profile.account_number.parts[0]
    return first.iban if isinstance(first, Iban) else None


def strength_of(profile: Profile, column: str) -> str:
    """Give the class of one column."""
    return next(field.strength for field in profile.fields if field.column == column)


def any_of(patterns: Sequence[str]) -> str:
    """Join patterns into one that the whole text must match."""
    return rf"^(?:{'|'.join(patterns)})$"


def _write_part(part: Part) -> str:
    match part:
        case Text(text=text):
            return re.escape(text)
        case Serial(serial=width) | BirthSerial(birth_serial=width):
            return rf"[0-9]{{{width}}}"
        case BirthYear():
            # From 120 years before a date of reference to a century after it, moved as the recipe says.
            first, last = 1900 + part.plus, 2100 + part.plus
            return rf"(?:{'|'.join(f'{century}[0-9]{{2}}' for century in range(first // 100, last // 100))})"
        case BirthDate():
            return "[0-9]{6}"
        case BirthDays():
            return "[0-9]{5}"
        case SexDigit():
            return rf"[{part.female}{part.male}]"
        case Iban():
            return rf"{part.iban}[0-9]{{2}}"
        case Check():
            return "[0-9]"
