"""Money keeps its value between the wire and the database."""

from __future__ import annotations

from decimal import Decimal

import pytest

from blockkit.money import to_major, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("20.00", "XTS", 2000), ("0.1", "XTS", 10), ("500", "RWF", 500), ("1.234", "KWD", 1234)],
)
def test_an_amount_comes_back_as_it_went(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor
    assert Decimal(str(to_major(minor, currency))) == Decimal(amount)


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "XTS"), ("0.5", "RWF")])
def test_an_amount_finer_than_the_currency_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="decimals"):
        to_minor(Decimal(amount), currency)
