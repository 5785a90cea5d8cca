"""A biller asks a payer, through the payer's institution, for what a bill says; the answer is yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from blockkit.app import Kit
from blockkit.records import Connection, Row
from blocks.payments import callbacks, ledger
from blocks.payments.beneficiaries import addresses_of, route_of
from blocks.payments.billing import bills
from blocks.payments.billing.bills import BillRefused
from blocks.payments.requests import Refused

VALID_DAYS = 7
"""How long a payer has to answer."""

ACCEPTED, REFUSED = "00", "01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A biller's request; the payer is an institution's, or an alias that the account mapper knows."""

    biller_id: str
    rtp_id: int
    bill_id: str
    payer_fi: str | None
    alias: str | None
    correlation: str


def send(db: Connection, ask: Ask, exchange: str, today: date) -> None:
    """Send a request on to the payer's institution. Raises Refused."""
    bill = bills.find(db, ask.bill_id)
    if bill is None or bill["biller_id"] != ask.biller_id or bill["status"] != "open":
        raise Refused("this biller has no open bill of this id")
    payer_fi = ask.payer_fi or _institution_of(db, ask.alias)
    if payer_fi is None:
        raise Refused("the payer's institution is not known")
    known = db.execute(
        "SELECT FROM requests_to_pay WHERE (biller_id, rtp_id) = (%s, %s)", [ask.biller_id, ask.rtp_id]
    ).fetchone()
    if known is not None:
        raise Refused("this biller has used this rtpId before")
    row = db.execute(
        """INSERT INTO requests_to_pay (biller_id, rtp_id, transaction_id, bill_id, payer_fi, correlation,
                                        expires_on, updated_on)
           VALUES (%s, %s, 'T' || lpad(nextval('rtp_transactions')::text, 11, '0'), %s, %s, %s, %s, %s)
           RETURNING transaction_id""",
        [
            ask.biller_id,
            ask.rtp_id,
            ask.bill_id,
            payer_fi,
            ask.correlation,
            today + timedelta(days=VALID_DAYS),
            today,
        ],
    ).fetchone()
    assert row is not None
    due = bills.describe(bill)
    late = today > bill["due_on"]
    told = {
        "TxnID": row["transaction_id"],
        "rTPID": ask.rtp_id,
        "billDetails": {
            "Bill ID": ask.bill_id,
            "Biller Name": bill["biller_name"],
            "Amount": due["amountAfterDueDate" if late else "amountonDueDate"],
        },
    }
    callbacks.queue(db, "rtp-asked", ask.correlation, told, exchange)


def answer(db: Connection, transaction_id: str, status: str, reason: str, exchange: str, today: date) -> None:
    """Take the payer's answer, and tell the biller. Raises Refused."""
    ledger.take_turn(db)
    asked = _find(db, "transaction_id = %s", transaction_id)
    if asked is None:
        raise Refused("there is no such request to pay")
    wanted = "COM" if status == ACCEPTED else "RJC"
    if asked["status"] == wanted:
        return
    if asked["status"] != "PND" or asked["expires_on"] < today:
        raise Refused("this request to pay is not open any more")
    bill = bills.find(db, asked["bill_id"])
    assert bill is not None
    if status == ACCEPTED:
        if bill["status"] != "open":
            raise Refused("the bill is paid already")
        bills.collect(db, bill, asked["payer_fi"], transaction_id, today)
    _end(db, asked, wanted, reason, exchange, today)


def tell_status(db: Connection, biller_id: str, rtp_id: int, correlation: str, exchange: str) -> None:
    """Tell the biller what has become of its request. Raises BillRefused when it has none of this id."""
    asked = _find(db, "(biller_id, rtp_id) = (%s, %s)", biller_id, rtp_id)
    if asked is None:
        raise BillRefused("Und", "there is no such request to pay")
    told = {
        "rtpId": rtp_id,
        "RequestId": correlation[:12],
        "requestStatus": asked["status"],
        "PaymentReferenceID": asked["transaction_id"] if asked["status"] == "COM" else "",
        "lastUpdateDate": int(asked["updated_on"].strftime("%Y%m%d")),
    }
    callbacks.queue(db, "rtp-status", correlation, told, exchange)


def expire_due(kit: Kit) -> None:
    """Close what nobody answered in time, and tell the billers; the clock has moved."""
    today = kit.clock.today()
    with kit.records.transaction() as db:
        due = db.execute(
            "SELECT * FROM requests_to_pay WHERE status = 'PND' AND expires_on < %s FOR UPDATE", [today]
        ).fetchall()
        for asked in due:
            _end(db, asked, "EXP", "E", "", today)


def _end(db: Connection, asked: Row, status: str, reason: str, exchange: str, today: date) -> None:
    db.execute(
        "UPDATE requests_to_pay SET status = %s, updated_on = %s WHERE transaction_id = %s",
        [status, today, asked["transaction_id"]],
    )
    told: dict[str, Any] = {
        "requestId": asked["transaction_id"],
        "rtpId": asked["rtp_id"],
        "billId": asked["bill_id"],
        "rtpStatus": ACCEPTED if status == "COM" else REFUSED,
    }
    if status != "COM":
        told["rejectReason"] = reason or "R"
    callbacks.queue(db, "rtp-updated", asked["correlation"], told, exchange)


def _find(db: Connection, where: str, *values: object) -> Row | None:
    return db.execute(
        f"SELECT * FROM requests_to_pay WHERE {where} FOR UPDATE",  # noqa: S608
        list(values),
    ).fetchone()


def _institution_of(db: Connection, alias: str | None) -> str | None:
    address = addresses_of(db, [alias]).get(alias) if alias else None
    route = route_of(address) if address else None
    return route.institution if route else None
