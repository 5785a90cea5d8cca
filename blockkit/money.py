"""Money on the wire and in the database: a number in major units outside, an integer in minor units inside.

The number of decimals is ISO 4217's. Nothing here calculates with floats: a float is only
how JSON writes the decimal at the very end.
"""

from __future__ import annotations

from decimal import Decimal

DECIMALS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}
"""Currencies that have other than two decimals, by ISO 4217."""


def decimals(currency: str) -> int:
    """Tell how many decimals a currency has; two unless ISO 4217 says otherwise."""
    return DECIMALS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Turn major units into minor ones. Raises ValueError when the amount is finer than the currency."""
    minor = amount.scaleb(decimals(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} has more than {decimals(currency)} decimals, the most of {currency}")
    return int(minor)


def to_major(minor: int, currency: str) -> int | float:
    """Turn minor units into the number that goes on the wire; a whole amount is written without decimals."""
    major = Decimal(minor).scaleb(-decimals(currency))
    return int(major) if major == major.to_integral_value() else float(major)
