"""Enters the state that GovStack's harness presupposes: payees, vouchers and merchants.

Sections of the file are text between the entries, and say more than an entry's own status: what was
cancelled, used or has expired stands as blocked in it. The vouchers are printed stock: they belong to no
group and are paid from the pool of the merchant's, which is filled with what they are worth together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from blockkit.fixtures import FixturesUnusable
from blockkit.money import to_minor
from blockkit.records import Connection
from blocks.payments import beneficiaries, ledger
from blocks.payments.beneficiaries import Beneficiary
from blocks.payments.requests import Refused
from blocks.payments.vouchers.issuing import pool

VALID_DAYS = 365
STATES = {
    "Not Pre-Activated": "printed",
    "Pre-Activated": "pre-activated",
    "Activated": "activated",
    "Purged": "cancelled",
    "Blocked": "blocked",
    "Not Existing": "void",
    "canceled_vouchers": "cancelled",
    "already_used": "redeemed",
    "expired": "expired",
}
CLOSED = "cannot be credited"
PENNILESS = "insufficient funds"
"""The section of a merchant whose group's pool is not filled."""


class Entry(BaseModel):
    """Part of the file."""

    model_config = ConfigDict(frozen=True)


class Payee(Entry):
    """Where a payee is paid."""

    PayeeFunctionalID: str
    FinancialAddress: str


class Registration(Entry):
    """Payees that one building block registered."""

    SourceBBID: str
    Beneficiaries: tuple[Payee, ...]


class Voucher(Entry):
    """A printed voucher."""

    voucher_number: int
    voucher_serial_number: int
    Gov_Stack_BB: str
    voucher_amount: Decimal = Field(gt=0)


class Merchant(Entry):
    """Somebody who takes vouchers."""

    merchant_name: str
    merchant_bank_details: str
    merchant_voucher_group: str


class File(Entry):
    """The whole file."""

    g2p: tuple[Registration, ...] = ()
    vouchers: tuple[Voucher | str, ...] = ()
    merchants: tuple[Merchant | str, ...] = ()


def enter(db: Connection, document: Any) -> None:
    """Enter a whole file. Raises FixturesUnusable."""
    try:
        file = File.model_validate(document)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = "/".join(str(part) for part in fault["loc"])
        raise FixturesUnusable(f"{place or 'the document'}: {fault['msg']}") from None
    today, currency = _books(db)
    for registration in file.g2p:
        _register(db, registration, today)
    worth = sum([_enter_voucher(db, *one, currency, today) for one in _sections(file.vouchers)])
    filled = {_enter_merchant(db, *one) for one in _sections(file.merchants)} - {""}
    for group in sorted(filled):
        _fill(db, group, worth, currency, today)


def _sections(entries: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    section = ""
    for entry in entries:
        if isinstance(entry, str):
            section = entry.removeprefix("//").strip()
        else:
            yield section, entry


def _register(db: Connection, registration: Registration, today: date) -> None:
    payees = [
        Beneficiary(one.PayeeFunctionalID, "00", one.FinancialAddress) for one in registration.Beneficiaries
    ]
    try:
        beneficiaries.register(db, registration.SourceBBID, payees, today)
    except Refused as refusal:
        raise FixturesUnusable(f"g2p: {refusal}") from None


def _enter_voucher(db: Connection, section: str, one: Voucher, currency: str, today: date) -> int:
    state = STATES.get(section)
    if state is None:
        raise FixturesUnusable(f"vouchers: found the section {section!r}, wanted one of {', '.join(STATES)}")
    amount = to_minor(one.voucher_amount, currency)
    serial = one.voucher_serial_number
    db.execute("INSERT INTO source_blocks VALUES (%s) ON CONFLICT DO NOTHING", [one.Gov_Stack_BB])
    db.execute(
        """INSERT INTO vouchers (serial, voucher_group, currency, amount, set_aside, source_bb, batch_id,
                                 instruction_id, payee, narration, request_key, status, created_on,
                                 expires_on)
           VALUES (%s, '', %s, %s, false, %s, '', '', '', '', '', %s, %s, %s)""",
        [serial, currency, amount, one.Gov_Stack_BB, state, today, today + timedelta(days=VALID_DAYS)],
    )
    db.execute("INSERT INTO unsealed_numbers VALUES (%s, %s)", [serial, one.voucher_number])
    return amount


def _enter_merchant(db: Connection, section: str, one: Merchant) -> str:
    """Enter a merchant; give the group whose pool is to be filled, '' for none."""
    db.execute(
        "INSERT INTO voucher_groups VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [one.merchant_voucher_group, VALID_DAYS],
    )
    db.execute(
        "INSERT INTO merchants (name, bank_details, voucher_group, status) VALUES (%s, %s, %s, %s)",
        [
            one.merchant_name,
            one.merchant_bank_details,
            one.merchant_voucher_group,
            "closed" if section == CLOSED else "open",
        ],
    )
    return "" if section in (CLOSED, PENNILESS) else one.merchant_voucher_group


def _fill(db: Connection, group: str, amount: int, currency: str, today: date) -> None:
    if not amount:
        return
    ledger.open_accounts(db, [pool(group, currency)])
    entry = ledger.Entry(
        kind="fund",
        giving=ledger.account("funding", currency),
        taking=pool(group, currency),
        amount=amount,
        batch_id=group,
    )
    ledger.enter(db, [entry], today)


def _books(db: Connection) -> tuple[date, str]:
    """Tell the day on which the books were opened, and their first currency."""
    row = db.execute(
        """SELECT max(booked_on) AS today,
                  (SELECT min(currency) FROM accounts WHERE kind = 'funding') AS currency
             FROM journals"""
    ).fetchone()
    assert row is not None, "the books are open"
    return row["today"], row["currency"]
