"""Cancelling and expiry: what nobody used goes back to the funding, by an entry that names the issue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from blockkit.app import Kit
from blockkit.records import Connection, Row
from blocks.payments import ledger
from blocks.payments.vouchers import serials
from blocks.payments.vouchers.issuing import BOOK, pool, require_source
from blocks.payments.vouchers.states import USABLE, VoucherRefused, state_on

CHUNK = 1000


def cancel(db: Connection, serial: str, source_bb: str, today: date) -> None:
    """Make a voucher unusable and take its money back. Raises VoucherRefused 460, 463 or 464."""
    require_source(db, source_bb)
    ledger.take_turn(db)
    voucher = serials.find(db, serial)
    if voucher is None or voucher["source_bb"] != source_bb:
        raise VoucherRefused(463, "there is no voucher of this serial number")
    if voucher["status"] == "cancelled":
        raise VoucherRefused(464, "this voucher is cancelled already")
    if state_on(voucher, today) not in USABLE:
        raise VoucherRefused(463, "this voucher can't be cancelled any more")
    _end(db, [voucher], "cancelled", today)


def expire_due(kit: Kit) -> None:
    """Take back the money of every voucher that is past its day; the clock has moved."""
    while expire_some(kit):
        pass


def expire_some(kit: Kit) -> bool:
    """Take back the money of some of them."""
    today = kit.clock.today()
    with kit.records.transaction() as db:
        ledger.take_turn(db)
        due = db.execute(
            """SELECT * FROM vouchers
                WHERE expires_on < %s AND status IN ('pre-activated', 'activated', 'blocked')
                ORDER BY expires_on LIMIT %s FOR UPDATE""",
            [today, CHUNK],
        ).fetchall()
        _end(db, due, "expired", today)
        return bool(due)


def _end(db: Connection, vouchers: Sequence[Row], status: str, today: date) -> None:
    backed = [voucher for voucher in vouchers if voucher["set_aside"]]
    issues = ledger.numbers_of(db, "issue", BOOK, [str(voucher["serial"]) for voucher in backed])
    entries = [
        ledger.Entry(
            kind="lapse",
            giving=pool(voucher["voucher_group"], voucher["currency"]),
            taking=ledger.account("funding", voucher["currency"]),
            amount=voucher["amount"],
            batch_id=BOOK,
            instruction_id=str(voucher["serial"]),
            contra_of=issues[str(voucher["serial"])],
        )
        for voucher in backed
    ]
    ledger.enter(db, entries, today)
    db.execute(
        "UPDATE vouchers SET status = %s WHERE serial = ANY(%s)",
        [status, [voucher["serial"] for voucher in vouchers]],
    )
