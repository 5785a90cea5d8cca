"""What the payee institutions testify, asked through the information mediator a thousand at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ValidationError

from blockkit.app import Kit
from blockkit.money import to_minor
from blockkit.problems import Problem
from blocks.payments.reconciliation import Witnessed

CHUNK = 1000


class Credit(BaseModel):
    """A credit in the witness's books."""

    instructionId: str  # noqa: N815  the wire's names
    payee: str
    amount: Decimal
    currency: str
    institution: str
    accountNumber: str  # noqa: N815
    bookedOn: date  # noqa: N815


class Credits(BaseModel):
    """The witness's answer."""

    credits: tuple[Credit, ...]


def credits_of(kit: Kit, instruction_ids: Sequence[str]) -> list[Credit]:
    """Ask what the instructions credited. Raises Problem 502 when the witness can't be heard."""
    found: list[Credit] = []
    for start in range(0, len(instruction_ids), CHUNK):
        body = {"instructionIds": list(instruction_ids[start : start + CHUNK])}
        try:
            answer = kit.peers.call("payee-institutions", "POST", "/credits/search", json=body)
            found += Credits.model_validate_json(answer.content).credits
        except ValidationError:
            raise Problem(502, "witness-silent", "the payee institutions gave no testimony") from None
    return found


def witnessed(credits: Sequence[Credit]) -> list[Witnessed]:
    """Turn the testimony into what is compared."""
    return [
        Witnessed(one.instructionId, one.payee, to_minor(one.amount, one.currency), one.bookedOn)
        for one in credits
    ]
