"""What libphonenumber knows, as patterns for whole columns, and as its own answer for single numbers.

The patterns accept at least what libphonenumber accepts (its own expressions for every region of a
country code, with or without the national prefix), so that what they don't match needs no second look.
"""

from __future__ import annotations

from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata

VERSION: str = phonenumbers.__version__

_KINDS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)


@cache
def write_valid_pattern(country_code: int) -> str | None:
    """Write a pattern that matches every valid number of a country code; None when there is no such code."""
    metadata = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(country_code, ()):
        found = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
        if found is not None:
            metadata.append(found)
    if not metadata:
        return None
    patterns: set[str] = set()
    prefixes: set[str] = set()
    for each in metadata:
        prefixes |= {each.national_prefix_for_parsing or "", each.national_prefix or ""} - {""}
        for kind in _KINDS:
            described = getattr(each, kind)
            if described is not None and described.national_number_pattern:
                patterns.add(described.national_number_pattern)
    prefix = f"(?:{'|'.join(sorted(prefixes))})?" if prefixes else ""
    return rf"^\+{country_code}{prefix}(?:{'|'.join(sorted(patterns))})$"


def is_valid(number: str, region: str | None = None) -> bool:
    """Ask libphonenumber itself; without a region the number must begin with + and a country code."""
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number, region)))
    except phonenumbers.NumberParseException:
        return False


def is_valid_somewhere(number: str) -> bool:
    """Ask whether a number without country code is valid in any region of the world."""
    return any(is_valid(number, region) for region in sorted(phonenumbers.SUPPORTED_REGIONS))
