"""Accepting a batch of credit instructions: what can be paid is decided, and its money set aside, at once.

An instruction that can't be paid is rejected with a reason while the rest goes on. Nothing is
sent to an institution here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from blockkit.records import Connection
from blocks.payments import budgets, ledger
from blocks.payments.beneficiaries import Route, addresses_of, route_of
from blocks.payments.requests import Refused, content_hash


@dataclass(frozen=True, slots=True)
class Credit:
    """One credit instruction; `amount` in minor units."""

    instruction_id: str
    payee: str
    amount: int
    currency: str
    narration: str


Dialect = Literal["compliance", "published"]
"""In which words the result is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A batch as it was handed over. With a period, each payee is entitled once in it."""

    batch_id: str
    source_bb: str
    programme: str
    period: str
    credits: tuple[Credit, ...]
    correlation: str
    exchange: str = ""
    dialect: Dialect = "compliance"

    @property
    def content_hash(self) -> str:
        """What must not change when a batch comes again."""
        credits = [
            [one.instruction_id, one.payee, one.amount, one.currency, one.narration] for one in self.credits
        ]
        return content_hash([self.source_bb, self.programme, self.period, credits])


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was there before the batch."""

    addresses: Mapping[str, str]
    used: Collection[str]
    """Instruction ids of earlier batches."""
    entitled: Collection[str]
    """Payees whose entitlement of the period is paid, or being paid."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Where an instruction goes, or why it doesn't."""

    credit: Credit
    route: Route | None
    reason: str


def decide(order: Order, known: Known) -> list[Decision]:
    """Decide each instruction in the order given."""
    paid = set(known.entitled)
    decisions = []
    for credit in order.credits:
        address = known.addresses.get(credit.payee)
        route = route_of(address) if address is not None else None
        reason = ""
        if credit.instruction_id in known.used:
            reason = "instruction-reused"
        elif order.period and credit.payee in paid:
            reason = "already-paid"
        elif address is None:
            reason = "payee-unknown"
        elif route is None:
            reason = "address-unroutable"
        else:
            paid.add(credit.payee)
        decisions.append(Decision(credit, route, reason))
    return decisions


def accept(db: Connection, order: Order, today: date) -> None:
    """Accept a batch, or do nothing when it was accepted before. Raises Refused."""
    currency = _only_currency(order)
    # One at a time: two batches with the same entitlement at the same moment are decided one after the other.
    ledger.take_turn(db)
    if _is_replay(db, order):
        return
    db.execute(
        """INSERT INTO batches (batch_id, content_hash, source_bb, programme, period, currency,
                                correlation, exchange, dialect, accepted_on)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            order.batch_id,
            order.content_hash,
            order.source_bb,
            order.programme,
            order.period,
            currency,
            order.correlation,
            order.exchange,
            order.dialect,
            today,
        ],
    )
    decisions = decide(order, _what_is_known(db, order))
    total = sum(decision.credit.amount for decision in decisions if not decision.reason)
    budgets.require(db, order.programme, currency, total)
    _store(db, order, decisions)
    if total:
        _set_aside(db, order, currency, total, today)


def _only_currency(order: Order) -> str:
    currencies = {credit.currency for credit in order.credits}
    if len(currencies) != 1:
        raise Refused("a batch is in one currency")
    if len({credit.instruction_id for credit in order.credits}) != len(order.credits):
        raise Refused("an InstructionID stands twice in the batch")
    return currencies.pop()


def _is_replay(db: Connection, order: Order) -> bool:
    row = db.execute("SELECT content_hash FROM batches WHERE batch_id = %s", [order.batch_id]).fetchone()
    if row is not None and row["content_hash"] != order.content_hash:
        raise Refused("this BatchID was used before with other content")
    return row is not None


def _what_is_known(db: Connection, order: Order) -> Known:
    payees = [credit.payee for credit in order.credits]
    used = db.execute(
        "SELECT instruction_id FROM instructions WHERE instruction_id = ANY(%s)",
        [[credit.instruction_id for credit in order.credits]],
    ).fetchall()
    entitled = db.execute(
        """SELECT payee FROM instructions
            WHERE programme = %s AND period = %s AND period <> ''
              AND payee = ANY(%s) AND status NOT IN ('rejected', 'returned')""",
        [order.programme, order.period, payees],
    ).fetchall()
    return Known(
        addresses=addresses_of(db, payees),
        used={row["instruction_id"] for row in used},
        entitled={row["payee"] for row in entitled},
    )


def _store(db: Connection, order: Order, decisions: Sequence[Decision]) -> None:
    # One statement for all of them, ten times as fast as one each.
    db.execute(
        """INSERT INTO instructions (batch_id, programme, period, position, instruction_id, payee, amount,
                                     currency, narration, institution, account_number, status, reason)
           SELECT %s, %s, %s, place - 1, instruction_id, payee, amount, currency, narration, institution,
                  account_number, CASE reason WHEN '' THEN 'pending' ELSE 'rejected' END, reason
             FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[],
                         %s::text[], %s::text[]) WITH ORDINALITY
                  AS d(instruction_id, payee, amount, currency, narration, institution, account_number,
                       reason, place)""",
        [
            order.batch_id,
            order.programme,
            order.period,
            [one.credit.instruction_id for one in decisions],
            [one.credit.payee for one in decisions],
            [one.credit.amount for one in decisions],
            [one.credit.currency for one in decisions],
            [one.credit.narration for one in decisions],
            [one.route.institution if one.route else "" for one in decisions],
            [one.route.account_number if one.route else "" for one in decisions],
            [one.reason for one in decisions],
        ],
    )


def _set_aside(db: Connection, order: Order, currency: str, total: int, today: date) -> None:
    funding = ledger.account("funding", currency)
    available = ledger.balance(db, funding)
    if available is None:
        raise Refused(f"there is no funding in {currency}")
    if available < total:
        raise Refused("the funding account does not cover the batch")
    programme = ledger.account("programme", currency, order.programme)
    ledger.open_accounts(db, [programme])
    ledger.enter(
        db,
        [ledger.Entry(kind="allot", giving=funding, taking=programme, amount=total, batch_id=order.batch_id)],
        today,
    )
