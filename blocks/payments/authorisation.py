"""Are the funds of a batch provisioned? The treasury's word, told by a callback; nothing is set aside."""

from __future__ import annotations

from blockkit.logs import current_exchange
from blockkit.records import Connection
from blocks.payments import callbacks, ledger

PAYER = "funding"
"""How the funding account is named by who asks; its currency is named beside it."""


def decide(db: Connection, payer: str, amount: int, currency: str, correlation: str) -> None:
    """Say Y when the funding covers the amount (minor units), else N and why."""
    available = ledger.balance(db, ledger.account("funding", currency))
    reason = ""
    if payer != PAYER:
        reason = f"there is no payer account of this name: {PAYER} is the one"
    elif available is None:
        reason = f"there is no funding in {currency}"
    elif available < amount:
        reason = "the funding account does not cover the batch"
    told = {
        "clientCorrelationId": correlation,
        "status": "N" if reason else "Y",
        "reason": reason or "provisioned",
    }
    callbacks.queue(db, "funds-authorized", correlation, told, current_exchange.get())
