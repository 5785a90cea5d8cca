"""What becomes of a voucher, and the words and numbers that the dialects have for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

USABLE = ("pre-activated", "activated", "blocked")
"""States in which the money is still there."""

WORDS = {
    "void": "Not Existing",
    "printed": "Not Pre-Activated",
    "pre-activated": "Pre-Activated",
    "activated": "Activated",
    "blocked": "Blocked",
    "cancelled": "Purged",
}
"""The compliance dialect's; a used and an expired voucher are told by the codes 458 and 459."""

NUMBERS = {
    "printed": 1,
    "pre-activated": 1,
    "activated": 2,
    "cancelled": 3,
    "expired": 4,
    "redeemed": 5,
    "blocked": 6,
}
"""The published dialect's, 1 to 6: inactive, active, cancelled, expired, utilised, suspended."""
UNKNOWN = 9


class VoucherRefused(Exception):
    """A voucher's operation is not done. `code` is the compliance dialect's; the text names no number."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def state_on(voucher: Mapping[str, Any], today: date) -> str:
    """Tell the state on a day: one that is past its day has expired, though its money is not yet back."""
    if voucher["status"] in USABLE and voucher["expires_on"] < today:
        return "expired"
    return str(voucher["status"])
