"""Pre-activation and activation: the money is set aside when a voucher is made, not when it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from blockkit.records import Connection, Row
from blocks.payments import ledger
from blocks.payments.vouchers import serials
from blocks.payments.vouchers.numbers import Vault, draw_number
from blocks.payments.vouchers.states import VoucherRefused, state_on

BOOK = "vouchers"
"""The batch under which the ledger keeps vouchers; the instruction is the serial number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A voucher that is wanted; `amount` in minor units."""

    group: str
    currency: str
    amount: int
    instruction_id: str = ""
    payee: str = ""
    narration: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A voucher that was made, with its number in the clear: for its owner's eyes."""

    serial: int
    number: int
    expires_on: date
    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asks, and the request that a replay is known by ('' when it can't be)."""

    source_bb: str
    batch_id: str = ""
    request_key: str = ""


def pre_activate(
    db: Connection, vault: Vault, wishes: Sequence[Wish], origin: Origin, today: date
) -> list[Made]:
    """Make vouchers, all or none. Raises VoucherRefused."""
    require_source(db, origin.source_bb)
    ledger.take_turn(db)
    days = _valid_days(db, wishes)
    _require_money(db, wishes)
    serial_numbers = db.execute(
        "SELECT nextval('voucher_serials') AS serial FROM generate_series(1, %s)", [len(wishes)]
    ).fetchall()
    made = [
        Made(row["serial"], draw_number(), today + timedelta(days=days[wish.group]), wish)
        for row, wish in zip(serial_numbers, wishes, strict=True)
    ]
    _store(db, vault, made, origin, today)
    ledger.open_accounts(db, [pool(wish.group, wish.currency) for wish in wishes])
    entries = [
        ledger.Entry(
            kind="issue",
            giving=ledger.account("funding", one.wish.currency),
            taking=pool(one.wish.group, one.wish.currency),
            amount=one.wish.amount,
            batch_id=BOOK,
            instruction_id=str(one.serial),
        )
        for one in made
    ]
    ledger.enter(db, entries, today)
    return made


def made_before(db: Connection, vault: Vault, request_key: str) -> list[Made]:
    """Give the vouchers that the same request made."""
    rows = db.execute(
        "SELECT * FROM vouchers WHERE request_key = %s ORDER BY serial", [request_key]
    ).fetchall()
    return [
        Made(row["serial"], vault.unseal(row["serial"], row["number_sealed"]), row["expires_on"], _wish(row))
        for row in rows
    ]


def activate(db: Connection, serial: str, source_bb: str, today: date) -> None:
    """Make a voucher usable; one that is already stays so. Raises VoucherRefused 456 or 460."""
    require_source(db, source_bb)
    voucher = serials.find(db, serial)
    state = "unknown" if voucher is None else state_on(voucher, today)
    if voucher is None or voucher["source_bb"] != source_bb or state not in ("pre-activated", "activated"):
        raise VoucherRefused(456, "no voucher of this serial number can be activated")
    if state == "pre-activated":
        db.execute("UPDATE vouchers SET status = 'activated' WHERE serial = %s", [voucher["serial"]])


def require_source(db: Connection, name: str) -> None:
    """Refuse a building block that is not known here. Raises VoucherRefused 460."""
    if db.execute("SELECT FROM source_blocks WHERE name = %s", [name]).fetchone() is None:
        raise VoucherRefused(460, "this building block is not known here")


def pool(group: str, currency: str) -> str:
    """Give the account in which a group's money waits."""
    return ledger.account("voucher", currency, group)


def _valid_days(db: Connection, wishes: Sequence[Wish]) -> dict[str, int]:
    wanted = {wish.group for wish in wishes}
    rows = db.execute("SELECT * FROM voucher_groups WHERE name = ANY(%s)", [list(wanted)]).fetchall()
    if len(rows) != len(wanted):
        raise VoucherRefused(454, "there is no such voucher group")
    return {row["name"]: row["valid_days"] for row in rows}


def _require_money(db: Connection, wishes: Sequence[Wish]) -> None:
    for currency in sorted({wish.currency for wish in wishes}):
        available = ledger.balance(db, ledger.account("funding", currency))
        if available is None:
            raise VoucherRefused(453, f"there is no funding in {currency}")
        if available < sum(wish.amount for wish in wishes if wish.currency == currency):
            raise VoucherRefused(455, "the funding does not cover this voucher")


def _store(db: Connection, vault: Vault, made: Sequence[Made], origin: Origin, today: date) -> None:
    with db.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO vouchers (serial, number_sealed, number_digest, voucher_group, currency, amount,
                                     set_aside, source_bb, batch_id, instruction_id, payee, narration,
                                     request_key, status, created_on, expires_on)
               VALUES (%s, %s, %s, %s, %s, %s, true, %s, %s, %s, %s, %s, %s, 'pre-activated', %s, %s)""",
            [
                [
                    one.serial,
                    vault.seal(one.serial, one.number),
                    vault.digest(one.number),
                    one.wish.group,
                    one.wish.currency,
                    one.wish.amount,
                    origin.source_bb,
                    origin.batch_id,
                    one.wish.instruction_id,
                    one.wish.payee,
                    one.wish.narration,
                    origin.request_key,
                    today,
                    one.expires_on,
                ]
                for one in made
            ],
        )


def _wish(row: Row) -> Wish:
    return Wish(
        group=row["voucher_group"],
        currency=row["currency"],
        amount=row["amount"],
        instruction_id=row["instruction_id"],
        payee=row["payee"],
        narration=row["narration"],
    )
