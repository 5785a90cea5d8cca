"""Which bank codes are some bank's, by schwifty's registry, and whether IBAN check digits are right."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from schwifty import registry

VERSION = version("schwifty")


@cache
def has_banks(country: str) -> bool:
    """Say whether the registry lists banks of a country at all."""
    return country in registry.get_countries()


@cache
def is_known(country: str, bank_code: str) -> bool:
    """Say whether a bank has this code."""
    return bool(registry.get_banks_by_code(country, bank_code))


@cache
def find_bank_code(country: str) -> tuple[int, int] | None:
    """Say where in an IBAN of that country the bank code stands; None when the country has no IBAN."""
    try:
        positions = registry.get_iban_spec(country).positions
    except (KeyError, ValueError):
        return None
    for component, place in positions.items():
        if component.value == "bank_code":
            return place.start + 4, place.end + 4
    return None


def have_right_digits(ibans: pa.StringArray) -> NDArray[np.bool_]:
    """Compute ISO 7064 mod 97-10 for many IBANs of capital letters and digits at once."""
    right = np.zeros(len(ibans), dtype=np.bool_)
    texts = np.array(ibans.to_pylist(), dtype=np.bytes_)
    if not len(texts):
        return right
    width = texts.dtype.itemsize
    signs = texts.view(np.uint8).reshape(len(texts), width).astype(np.int64)
    rest = np.zeros(len(texts), dtype=np.int64)
    for column in [*range(4, width), 0, 1, 2, 3]:
        sign = signs[:, column]
        digit = sign < ord("A")
        value = np.where(digit, sign - ord("0"), sign - ord("A") + 10)
        step = (rest * np.where(digit, 10, 100) + value) % 97
        rest = np.where(sign == 0, rest, step)
    found: NDArray[np.bool_] = rest == 1
    return found


@cache
def iban_length(country: str) -> int | None:
    """Say how long an IBAN of that country is; None when the country has none."""
    try:
        return int(registry.get_iban_spec(country).iban_length)
    except (KeyError, ValueError):
        return None
