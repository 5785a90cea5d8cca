"""Check digits agree with schwifty's, number by number; bank codes are looked up in its registry."""

from __future__ import annotations

import pyarrow as pa
from schwifty import IBAN

from sandbox.population.proof import banks

RIGHT = [
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "EE382200221020145685",
    "AE070331234567890123456",
]


def test_right_and_wrong_check_digits() -> None:
    wrong = [f"{iban[:2]}{(int(iban[2:4]) + 1) % 97:02}{iban[4:]}" for iban in RIGHT]
    assert [IBAN(each, allow_invalid=True).is_valid for each in RIGHT] == [True] * 4
    assert banks.have_right_digits(pa.array(RIGHT + wrong)).tolist() == [True] * 4 + [False] * 4
    assert banks.have_right_digits(pa.array([], pa.string())).tolist() == []


def test_banks_are_known_by_their_code() -> None:
    assert banks.is_known("DE", "37040044")
    assert not banks.is_known("DE", "00000000")
    assert banks.find_bank_code("EE") == (4, 6)
    assert banks.find_bank_code("ZZ") is None
    assert banks.has_banks("DE")
    assert not banks.has_banks("ZZ")
