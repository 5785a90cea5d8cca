"""A bill is presented by its biller, asked about by a payer's institution, and paid once.

What the payer's institution announces is booked as what it owes: from its account here to the
biller's. Who paid is not asked; a bill knows no person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from blockkit.money import to_major
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.payments import ledger
from blocks.payments.vouchers import using

BOOK = "bills"
"""The batch under which the ledger keeps bills; the instruction is the bill's id."""

Rejection = Literal["Def", "Dup", "Und"]
"""The contract's words: the announcement does not fit, the bill is paid already, there is no such bill."""


class BillRefused(Exception):
    """A payment is not booked."""

    def __init__(self, reason: Rejection, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill as its biller presents it; amounts in minor units, the later one from the day after."""

    bill_id: str
    biller_id: str
    biller_name: str
    currency: str
    amount: int
    amount_late: int
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A payer's institution says that a bill was paid; the inquiry proves that it knows the bill."""

    payer_fi: str
    inquiry: str
    bill_id: str
    reference: str


def present(db: Connection, bill: Bill, today: date) -> None:
    """Enter a bill; the same again changes nothing. Raises Problem 409 for another one in its place."""
    given = [
        bill.biller_id,
        bill.biller_name,
        bill.currency,
        bill.amount,
        bill.amount_late,
        bill.due_on,
    ]
    db.execute(
        """INSERT INTO bills (bill_id, biller_id, biller_name, currency, amount, amount_late, due_on,
                              presented_on)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        [bill.bill_id, *given, today],
    )
    same = db.execute(
        """SELECT FROM bills WHERE bill_id = %s
              AND (biller_id, biller_name, currency, amount, amount_late, due_on)
                = (%s, %s, %s, %s, %s, %s)""",
        [bill.bill_id, *given],
    ).fetchone()
    if same is None:
        raise Problem(409, "bill-exists", "there is a bill of this id already, and it is another one")


def find(db: Connection, bill_id: str) -> Row | None:
    """Find a bill, and hold it."""
    return db.execute("SELECT * FROM bills WHERE bill_id = %s FOR UPDATE", [bill_id]).fetchone()


def amount_due(bill: Row, today: date) -> int:
    """Tell what is owed on a day, in minor units."""
    return int(bill["amount"] if today <= bill["due_on"] else bill["amount_late"])


def note_inquiry(db: Connection, payer_fi: str, request_id: str, bill_id: str) -> None:
    """Remember who asked about a bill."""
    db.execute(
        "INSERT INTO inquiries VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", [payer_fi, request_id, bill_id]
    )


def describe(bill: Row) -> dict[str, str | int | float]:
    """Tell a bill in the published form; the day as the integer that the contract wants."""
    return {
        "billerId": bill["biller_id"],
        "billerName": bill["biller_name"],
        "billStatus": bill["status"],
        "dueDate": int(bill["due_on"].strftime("%Y%m%d")),
        "amountonDueDate": to_major(bill["amount"], bill["currency"]),
        "amountAfterDueDate": to_major(bill["amount_late"], bill["currency"]),
    }


def pay(db: Connection, told: Announcement, today: date) -> None:
    """Book what a payer's institution announces. Raises BillRefused."""
    ledger.take_turn(db)
    bill = _payable(db, told)
    if bill is not None:
        collect(db, bill, told.payer_fi, told.reference, today)


def collect(db: Connection, bill: Row, payer_fi: str, reference: str, today: date) -> None:
    """Book that the payer's institution owes the biller what is due."""
    giving = ledger.account("payer", bill["currency"], payer_fi)
    taking = ledger.account("biller", bill["currency"], bill["biller_id"])
    ledger.open_accounts(db, [giving, taking])
    entry = ledger.Entry(
        kind="collect",
        giving=giving,
        taking=taking,
        amount=amount_due(bill, today),
        batch_id=BOOK,
        instruction_id=bill["bill_id"],
    )
    ledger.enter(db, [entry], today)
    _mark_paid(db, bill, payer_fi, reference)


def pay_by_voucher(db: Connection, told: Announcement, voucher: Row | None, today: date) -> None:
    """Pay a bill with a voucher of exactly what is due. Raises BillRefused or VoucherRefused."""
    bill = _payable(db, told)
    if bill is None:
        return
    if voucher is not None and (voucher["amount"], voucher["currency"]) != (
        amount_due(bill, today),
        bill["currency"],
    ):
        raise BillRefused("Def", "the voucher is not worth what is due")
    taking = ledger.account("biller", bill["currency"], bill["biller_id"])
    using.redeem_for(db, voucher, taking, bill["biller_id"], today)
    _mark_paid(db, bill, told.payer_fi, told.reference)


def acknowledge(db: Connection, bill_id: str, *, taken: bool, today: date) -> None:
    """Note the biller's word; what it refuses goes back to the payer's institution. Raises BillRefused."""
    ledger.take_turn(db)
    bill = find(db, bill_id)
    if bill is None:
        raise BillRefused("Und", "there is no such bill")
    if taken:
        db.execute("UPDATE bills SET acknowledged = true WHERE bill_id = %s", [bill_id])
        return
    collected = ledger.numbers_of(db, "collect", BOOK, [bill_id])
    if bill["status"] != "paid" or bill["acknowledged"] or not collected:
        raise BillRefused("Def", "this bill has no payment that could be refused")
    _give_back(db, bill, collected[bill_id], today)


def _give_back(db: Connection, bill: Row, journal: int, today: date) -> None:
    row = db.execute("SELECT amount FROM postings WHERE journal = %s AND amount > 0", [journal]).fetchone()
    assert row is not None
    entry = ledger.Entry(
        kind="refund",
        giving=ledger.account("biller", bill["currency"], bill["biller_id"]),
        taking=ledger.account("payer", bill["currency"], bill["payer_fi"]),
        amount=row["amount"],
        batch_id=BOOK,
        instruction_id=bill["bill_id"],
        contra_of=journal,
    )
    ledger.enter(db, [entry], today)
    db.execute("UPDATE bills SET status = 'refused' WHERE bill_id = %s", [bill["bill_id"]])


def _payable(db: Connection, told: Announcement) -> Row | None:
    """Give the bill when it is to be paid now, None when the same announcement paid it before."""
    bill = find(db, told.bill_id)
    if bill is None:
        raise BillRefused("Und", "there is no such bill")
    if (bill["status"], bill["payer_fi"], bill["reference"]) == ("paid", told.payer_fi, told.reference):
        return None
    if bill["status"] != "open":
        raise BillRefused("Dup", f"this bill is {bill['status']}")
    asked = db.execute(
        "SELECT FROM inquiries WHERE (payer_fi, request_id, bill_id) = (%s, %s, %s)",
        [told.payer_fi, told.inquiry, told.bill_id],
    ).fetchone()
    if asked is None:
        raise BillRefused("Def", "this institution did not ask about the bill under this id")
    return bill


def _mark_paid(db: Connection, bill: Row, payer_fi: str, reference: str) -> None:
    db.execute(
        "UPDATE bills SET status = 'paid', payer_fi = %s, reference = %s WHERE bill_id = %s",
        [payer_fi, reference, bill["bill_id"]],
    )
    db.execute(
        "UPDATE requests_to_pay SET status = 'CAN' WHERE bill_id = %s AND status = 'PND'", [bill["bill_id"]]
    )
