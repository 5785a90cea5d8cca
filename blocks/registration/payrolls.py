"""A payroll: who is paid for a period, in which order, who is left out and why. One per service and period.

What is listed can't be changed afterwards. At approval count, sum and digest freeze; the digest
is taken over what would be paid now, so whatever differs at the release is seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from blockkit.money import to_major
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration.definitions import Payment
from blocks.registration.neighbours import Neighbours
from blocks.registration.services import Service

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_ITEMS = 10_000
"""As many as one batch of payments takes."""

PAID_NOW = """
SELECT i.instruction_id, i.individual_id, i.amount,
       a.payee, a.form ->> 'financialAddress' AS account
  FROM payroll_items i JOIN applications a ON a.number = i.application
 WHERE i.batch_id = %s ORDER BY i.position
"""


@dataclass(frozen=True, slots=True)
class Order:
    """Which payroll is asked for."""

    batch_id: str
    period: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A beneficiary who is not paid this time."""

    individual_id: str
    reason: str


def find(db: Connection, batch_id: str, *, lock: bool = False) -> Row:
    """Find a payroll by its batch id. Raises Problem 404."""
    statement = "SELECT * FROM payrolls WHERE batch_id = %s"
    row = db.execute(f"{statement} FOR UPDATE" if lock else statement, [batch_id]).fetchone()
    if row is None:
        raise Problem(404, "no-such-payroll", "there is no payroll of this id")
    return row


def payment_of(service: Service) -> Payment:
    """Give how a service pays. Raises Problem 409 for one that pays nothing."""
    if service.definition.payment is None:
        raise Problem(409, "no-payments", "this service pays nothing, so it has no payroll")
    return service.definition.payment


def find_same(db: Connection, service: Service, order: Order) -> Row | None:
    """Find the payroll that the same order made. Raises Problem 409 for another one in its place."""
    row = db.execute(
        "SELECT * FROM payrolls WHERE batch_id = %s OR (service = %s AND period = %s)",
        [order.batch_id, service.slug, order.period],
    ).fetchone()
    if row is None:
        return None
    wanted = (order.batch_id, service.slug, order.period, order.by)
    if (row["batch_id"], row["service"], row["period"], row["prepared_by"]) != wanted:
        raise Problem(
            409, "payroll-exists", "this period or this batch id has a payroll already", id=row["batch_id"]
        )
    return row


def list_all(db: Connection, services: Sequence[str]) -> list[Row]:
    """List the payrolls of these services, the newest period first."""
    return db.execute(
        "SELECT batch_id, service, period, state FROM payrolls WHERE service = ANY(%s)"
        " ORDER BY period DESC, batch_id LIMIT 200",
        [list(services)],
    ).fetchall()


def list_beneficiaries(db: Connection, service: Service, today: date) -> list[Row]:
    """List approved applications whose days are not over, the neediest first."""
    return db.execute(
        "SELECT number, individual_id, payee, amount FROM applications"
        " WHERE service = %s AND state = 'approved' AND currency = %s"
        " AND (valid_until IS NULL OR valid_until >= %s) ORDER BY score DESC, number",
        [service.slug, service.currency, today],
    ).fetchall()


def part_by_vital_status(
    neighbours: Neighbours, service: Service, beneficiaries: Sequence[Row]
) -> tuple[list[Row], list[Exclusion]]:
    """Ask the register of individuals who is alive. Raises Problem 502 as neighbours do."""
    registry = payment_of(service).vitalStatus
    paid: list[Row] = []
    excluded: list[Exclusion] = []
    for row in beneficiaries:
        person = {"individualId": row["individual_id"]}
        if neighbours.exists(registry, {**person, "alive": True}):
            paid.append(row)
            continue
        known = neighbours.exists(registry, {**person, "alive": False})
        excluded.append(Exclusion(row["individual_id"], "deceased" if known else "not-in-registry"))
    return paid, excluded


def write(
    db: Connection, service: Service, order: Order, paid: Sequence[Row], excluded: Sequence[Exclusion]
) -> Row:
    """Write a payroll down; the one that is there already when the same order was faster.

    Raises Problem 409 for another one in its place, and when nobody is left to pay, or too many.
    """
    if not paid:
        raise Problem(409, "nobody-to-pay", "no beneficiary of this service can be paid now")
    if len(paid) > MOST_ITEMS:
        raise Problem(
            409, "payroll-too-large", f"{len(paid)} could be paid, a payroll has {MOST_ITEMS} items"
        )
    made = db.execute(
        "INSERT INTO payrolls (batch_id, service, period, currency, prepared_by, prepared_on)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [order.batch_id, service.slug, order.period, service.currency, order.by, order.on],
    )
    if made.rowcount:
        with db.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO payroll_items VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [
                    (
                        order.batch_id,
                        position,
                        row["number"],
                        order.batch_id + _four_digits(position),
                        row["individual_id"],
                        row["payee"],
                        row["amount"],
                    )
                    for position, row in enumerate(paid, start=1)
                ],
            )
            cursor.executemany(
                "INSERT INTO payroll_exclusions VALUES (%s, %s, %s)",
                [(order.batch_id, each.individual_id, each.reason) for each in excluded],
            )
    row = find_same(db, service, order)
    assert row is not None
    return row


def approve(db: Connection, row: Row, by: str, today: date) -> Row:
    """Freeze count, sum and digest. The same person again changes nothing. Raises Problem 409."""
    if row["state"] != "prepared":
        if row["approved_by"] == by:
            return row
        raise Problem(409, "wrong-state", f"the payroll is {row['state']} already", state=row["state"])
    items = read_items(db, row)
    db.execute(
        """UPDATE payrolls SET state = 'approved', approved_by = %s, approved_on = %s, frozen_count = %s,
                               frozen_total = %s, frozen_digest = %s WHERE batch_id = %s""",
        [
            by,
            today,
            len(items),
            sum(item["amount"] for item in items),
            take_digest(row, items),
            row["batch_id"],
        ],
    )
    return find(db, row["batch_id"])


def begin_release(db: Connection, row: Row, by: str, today: date) -> Row:
    """Hold what would be paid now against what was approved. Raises Problem 409 when it differs."""
    if row["state"] in ("released", "prepared"):
        raise Problem(409, "wrong-state", f"the payroll is {row['state']}", state=row["state"])
    items = read_items(db, row)
    now = (len(items), sum(item["amount"] for item in items), take_digest(row, items))
    if now != (row["frozen_count"], row["frozen_total"], row["frozen_digest"]):
        raise Problem(409, "payroll-changed", "what would be paid is not what was approved")
    if row["state"] == "approved":
        db.execute(
            "UPDATE payrolls SET state = 'releasing', released_by = %s, released_on = %s WHERE batch_id = %s",
            [by, today, row["batch_id"]],
        )
    return find(db, row["batch_id"])


def end_release(db: Connection, row: Row) -> Row:
    """Note that payments has taken the batch."""
    db.execute("UPDATE payrolls SET state = 'released' WHERE batch_id = %s", [row["batch_id"]])
    return find(db, row["batch_id"])


def read_items(db: Connection, row: Row) -> list[Row]:
    """Read what would be paid now: the listed amounts to the payees' accounts as they are on file."""
    return db.execute(PAID_NOW, [row["batch_id"]]).fetchall()


def take_digest(row: Row, items: Sequence[Row]) -> str:
    """Digest over the currency and the sorted (payee, account, amount)."""
    lines = sorted([item["payee"], item["account"], item["amount"]] for item in items)
    text = json.dumps([row["currency"], lines], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def write_instructions(row: Row, items: Sequence[Row]) -> list[dict[str, Any]]:
    """Write the credit instructions as payments takes them."""
    return [
        {
            "InstructionID": item["instruction_id"],
            "PayeeFunctionalID": item["payee"],
            "Amount": to_major(item["amount"], row["currency"]),
            "Currency": row["currency"],
            "Narration": f"{row['service']} {row['period']}",
        }
        for item in items
    ]


def describe(db: Connection, row: Row) -> dict[str, Any]:
    """Tell a payroll; every answer about one has this shape."""
    items = read_items(db, row)
    excluded = db.execute(
        "SELECT individual_id, reason FROM payroll_exclusions WHERE batch_id = %s ORDER BY 1",
        [row["batch_id"]],
    ).fetchall()
    return {
        "id": row["batch_id"],
        "batchId": row["batch_id"],
        "service": row["service"],
        "period": row["period"],
        "state": row["state"],
        "count": len(items),
        "total": to_major(sum(item["amount"] for item in items), row["currency"]),
        "currency": row["currency"],
        "digest": row["frozen_digest"],
        "items": [
            {**instruction, "individualId": item["individual_id"]}
            for instruction, item in zip(write_instructions(row, items), items, strict=True)
        ],
        "excluded": [{"individualId": each["individual_id"], "reason": each["reason"]} for each in excluded],
        "preparedBy": row["prepared_by"],
        "approvedBy": row["approved_by"],
        "releasedBy": row["released_by"],
        "preparedOn": row["prepared_on"].isoformat(),
        "approvedOn": row["approved_on"].isoformat() if row["approved_on"] else "",
        "releasedOn": row["released_on"].isoformat() if row["released_on"] else "",
    }


def _four_digits(number: int) -> str:
    text = ""
    for _ in range(4):
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    return text
