"""Redeeming a voucher at a merchant, once; a repeat within half a minute is the same redemption."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime

from blockkit.records import Connection, Row
from blocks.payments import ledger
from blocks.payments.vouchers import serials
from blocks.payments.vouchers.issuing import BOOK, pool
from blocks.payments.vouchers.numbers import LARGEST, Vault, last_six
from blocks.payments.vouchers.states import VoucherRefused, state_on

MOST_WRONG_TRIES = 3
RETRY_SECONDS = 30
"""A client that lost the answer asks again at once; whoever comes later with a used voucher is refused."""


@dataclass(frozen=True, slots=True)
class Redemption:
    """A redemption that was done; `journal` is its number in the ledger."""

    voucher: Row
    journal: int
    at: datetime


def find_by_number(db: Connection, vault: Vault, number: int) -> Row | None:
    """Find a voucher by its secret number, and hold it."""
    ledger.take_turn(db)  # before the row, as cancelling does: two who wait for each other wait for ever
    return _find_by_digest(db, vault.digest(number)) if 0 <= number <= LARGEST else None


def find_by_hash(db: Connection, vault: Vault, sha256: str) -> Row | None:
    """Find a voucher by the SHA-256 of its secret number, and hold it."""
    ledger.take_turn(db)
    return _find_by_digest(db, vault.digest_of_hash(sha256))


def _find_by_digest(db: Connection, digest: bytes) -> Row | None:
    return db.execute("SELECT * FROM vouchers WHERE number_digest = %s FOR UPDATE", [digest]).fetchone()


def find_by_serial_and_secret(db: Connection, vault: Vault, serial: str, secret: str) -> Row | None:
    """Find a voucher by its serial number and the last digits of its number.

    A wrong secret is counted; after three the voucher is blocked. The caller must commit then.
    """
    ledger.take_turn(db)
    voucher = serials.find(db, serial)
    if voucher is None or voucher["number_sealed"] is None:
        return None
    right = last_six(vault.unseal(voucher["serial"], voucher["number_sealed"]))
    if hmac.compare_digest(right.encode(), secret.encode()):
        return voucher
    if voucher["status"] == "activated":
        tries = voucher["wrong_tries"] + 1
        db.execute(
            "UPDATE vouchers SET wrong_tries = %s, status = %s WHERE serial = %s",
            [tries, "blocked" if tries >= MOST_WRONG_TRIES else "activated", voucher["serial"]],
        )
    return None


def find_merchant(db: Connection, name: str, bank_details: str) -> Row:
    """Find a merchant who can be credited. Raises VoucherRefused 463."""
    merchant = db.execute("SELECT * FROM merchants WHERE name = %s", [name]).fetchone()
    if merchant is None or merchant["bank_details"] != bank_details or merchant["status"] != "open":
        raise VoucherRefused(463, "this merchant can't be credited")
    return merchant


def find_agent(db: Connection, agent_id: str) -> Row:
    """Find a merchant by the short name that the published dialect uses. Raises VoucherRefused 463."""
    merchant = db.execute("SELECT * FROM merchants WHERE agent_id = %s", [agent_id]).fetchone()
    if merchant is None or merchant["status"] != "open":
        raise VoucherRefused(463, "cannot credit agent")
    return merchant


def redeem(
    db: Connection,
    voucher: Row | None,
    merchant: Row,
    *,
    override: bool,
    today: date,
) -> Redemption:
    """Pay the merchant from the pool of the voucher's group; `override` admits a merchant of another group.

    Raises VoucherRefused 461, 462 or 463.
    """
    if voucher is None:
        raise VoucherRefused(461, "there is no voucher of this number")
    earlier = _earlier(db, voucher, merchant)
    if earlier is not None:
        return earlier
    if state_on(voucher, today) != "activated":
        raise VoucherRefused(461, "this voucher can't be redeemed: it is not active")
    if voucher["set_aside"] and voucher["voucher_group"] != merchant["voucher_group"] and not override:
        raise VoucherRefused(463, "this merchant takes vouchers of another group")
    group = voucher["voucher_group"] if voucher["set_aside"] else merchant["voucher_group"]
    taking = ledger.account("merchant", voucher["currency"], merchant["name"])
    return _pay(db, voucher, group, taking, merchant["name"], today)


def redeem_for(db: Connection, voucher: Row | None, taking: str, name: str, today: date) -> Redemption:
    """Pay another account than a merchant's from the voucher's own pool. Raises VoucherRefused 461, 462."""
    if voucher is None or state_on(voucher, today) != "activated":
        raise VoucherRefused(461, "there is no active voucher of this number")
    return _pay(db, voucher, voucher["voucher_group"], taking, name, today)


def redemption_of(db: Connection, voucher: Row) -> Redemption:
    """Tell a redemption that was done. Raises VoucherRefused 461 when there was none."""
    row = _find_redemption(db, voucher)
    if row is None:
        raise VoucherRefused(461, "not redeemed")
    return Redemption(voucher, row["number"], row["recorded_at"])


def _earlier(db: Connection, voucher: Row, merchant: Row) -> Redemption | None:
    if voucher["status"] != "redeemed" or voucher["merchant"] != merchant["name"]:
        return None
    row = _find_redemption(db, voucher)
    recent = row is not None and row["age"] < RETRY_SECONDS
    return Redemption(voucher, row["number"], row["recorded_at"]) if row is not None and recent else None


def _find_redemption(db: Connection, voucher: Row) -> Row | None:
    return db.execute(
        """SELECT number, recorded_at, extract(epoch FROM clock_timestamp() - recorded_at) AS age
             FROM journals WHERE kind = 'redeem' AND batch_id = %s AND instruction_id = %s""",
        [BOOK, str(voucher["serial"])],
    ).fetchone()


def _pay(db: Connection, voucher: Row, group: str, taking: str, name: str, today: date) -> Redemption:
    giving = pool(group, voucher["currency"])
    if (ledger.balance(db, giving) or 0) < voucher["amount"]:
        raise VoucherRefused(462, "the funds of this voucher group don't cover the voucher")
    ledger.open_accounts(db, [taking])
    entry = ledger.Entry(
        kind="redeem",
        giving=giving,
        taking=taking,
        amount=voucher["amount"],
        batch_id=BOOK,
        instruction_id=str(voucher["serial"]),
    )
    ledger.enter(db, [entry], today)
    db.execute(
        "UPDATE vouchers SET status = 'redeemed', merchant = %s WHERE serial = %s", [name, voucher["serial"]]
    )
    return redemption_of(db, voucher)
