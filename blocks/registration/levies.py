"""Assesses a yearly fee once for all who owe it together, and reminds whoever is late by itself.

The weights are what the verified applications of the period say; what was collected is read in the register
of the reports. A register shows what everybody owes, and is told when somebody is late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from blockkit.money import to_major
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration.allotment import Allotted, Levy, LevyPolicy, add_percent, compute
from blocks.registration.applications import UNDECIDED, Change, alter, identify, to_number
from blocks.registration.neighbours import Neighbours
from blocks.registration.services import Service, find_service
from blocks.registration.sources import fill

DUE, LATE = "due", "late"
AT_ONCE = 1000
OF_PERIOD = (
    "SELECT * FROM applications WHERE service = %s AND form ->> %s = %s AND state = ANY(%s) ORDER BY number"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is assessed, by which policy; with `trial`, nothing is written down."""

    period: str
    currency: str
    policy: LevyPolicy
    trial: bool


def require_levy(service: Service) -> Levy:
    """Give a service's levy. Raises Problem 409."""
    if service.definition.levy is None:
        raise Problem(409, "no-levy", "this service has no fee that is assessed for all together")
    return service.definition.levy


def add_up(neighbours: Neighbours, levy: Levy, period: str) -> Decimal:
    """Add up what was reported for a period. Raises Problem 502."""
    reports = levy.collected
    found = neighbours.list_records(reports.registry, {reports.period: period})
    return sum((Decimal(str(each.get(reports.quantity, 0))) for each in found), Decimal(0))


def assess(
    db: Connection, service: Service, order: Order, collected: Decimal, change: Change
) -> tuple[dict[str, Any], list[Row]]:
    """Set everybody's fee, once a period. Raises Problem 409; the same order again changes nothing."""
    levy = require_levy(service)
    db.execute("SELECT FROM services WHERE slug = %s FOR UPDATE", [service.slug])
    written = {"policy": order.policy.model_dump(mode="json"), "currency": order.currency}
    before = db.execute(
        "SELECT wish FROM assessments WHERE service = %s AND period = %s", [service.slug, order.period]
    ).fetchone()
    if before is not None and not order.trial:
        if before["wish"] != written:
            raise Problem(409, "assessed-already", "this period was assessed already, by another policy")
        rows = _rows(db, service, levy, order.period, (*UNDECIDED, "approving", "approved"))
        fees = tuple(row["fee"] or 0 for row in rows)
        owing = [row for row in rows if row["fee"] and not row["fee_receipt"]]
        return _tell(order, collected, levy, rows, Allotted(sum(fees), fees)), owing
    open_ones = _rows(
        db, service, levy, order.period, ("submitted", "in-review", "check-failed", "correction")
    )
    if open_ones:
        raise Problem(409, "not-all-checked", f"{len(open_ones)} declarations of the period are not checked")
    settled = ("approving", "approved") if order.trial else ()
    rows = _rows(db, service, levy, order.period, ("verified", *settled))
    try:
        allotted = compute(order.policy, _weights(levy, rows), collected, order.currency)
    except ValueError as error:
        raise Problem(409, "nothing-to-assess", str(error)) from None
    if order.trial:
        return _tell(order, collected, levy, rows, allotted), []
    due_on = change.on + timedelta(days=order.policy.due_days)
    db.execute(
        "INSERT INTO assessments VALUES (%s, %s, %s, %s, %s)",
        [service.slug, order.period, Jsonb(written), change.by, change.on],
    )
    rows = [_owe(db, row, fee, order, due_on, change) for row, fee in zip(rows, allotted.fees, strict=True)]
    return _tell(order, collected, levy, rows, allotted), [row for row in rows if row["fee"]]


def status_of(row: Row, today: date) -> str:
    """Tell whether an unpaid fee is due or late."""
    return LATE if row["fee_due_on"] < today else DUE


def enter(neighbours: Neighbours, levy: Levy, row: Row, status: str) -> None:
    """Tell the register what somebody owes."""
    content = fill(levy.content, row, identify(row), row["submitted_on"])
    key = {"applicationId": identify(row)}
    neighbours.write_record(levy.registry, key, {**content, **key, "status": status})


def find_late(db: Connection, today: date) -> list[tuple[Row, Service]]:
    """Find those who have not paid in time and were not reminded."""
    rows = db.execute(
        "SELECT * FROM applications WHERE fee_due_on < %s AND fee IS NOT NULL AND fee_receipt = ''"
        " AND reminded_on IS NULL AND state = ANY(%s) ORDER BY number LIMIT %s",
        [today, list(UNDECIDED), AT_ONCE],
    ).fetchall()
    return [(row, find_service(db, row["service"])) for row in rows]


def remind(neighbours: Neighbours, service: Service, row: Row) -> None:
    """Tell register and applicant that a fee is late, and what is owed now."""
    enter(neighbours, require_levy(service), row, LATE)
    owed = to_major(row["fee_late"], row["fee_currency"])
    text = (
        f"Your fee was due on {row['fee_due_on'].isoformat()} and has not arrived. "
        f"You owe {owed} {row['fee_currency']} now. Your application: {identify(row)}."
    )
    neighbours.send_message(row["individual_id"], service.definition.name, text)


def mark_reminded(db: Connection, row: Row, today: date) -> None:
    """Note that somebody was reminded."""
    db.execute("UPDATE applications SET reminded_on = %s WHERE number = %s", [today, row["number"]])


def _rows(db: Connection, service: Service, levy: Levy, period: str, states: Sequence[str]) -> list[Row]:
    return db.execute(OF_PERIOD, [service.slug, levy.period, period, list(states)]).fetchall()


def _weights(levy: Levy, rows: Sequence[Row]) -> list[Decimal]:
    return [Decimal(str(row["form"].get(levy.quantity, 0))) for row in rows]


def _owe(db: Connection, row: Row, fee: int, order: Order, due_on: date, change: Change) -> Row:
    # Less than half a smallest coin is nothing to pay, and yet assessed.
    owed = {"fee": fee, "fee_late": add_percent(fee, order.policy.late_percent)} if fee else {}
    return alter(db, row, change, fee_currency=order.currency, fee_due_on=due_on, **owed)


def _tell(
    order: Order, collected: Decimal, levy: Levy, rows: Sequence[Row], allotted: Allotted
) -> dict[str, Any]:
    weights = _weights(levy, rows)
    whole = sum(weights, Decimal(0))
    total = Decimal(str(to_major(allotted.total, order.currency)))
    return {
        "period": order.period,
        "method": order.policy.method,
        "currency": order.currency,
        "collected": to_number(collected),
        "weight": to_number(whole),
        "total": to_major(allotted.total, order.currency),
        "feePerKilogram": to_number((total / whole / 1000).quantize(Decimal("0.000001")).normalize()),
        "trial": order.trial,
        "count": len(rows),
        "items": [
            {
                "applicationId": identify(row),
                "individualId": row["individual_id"],
                "weight": to_number(weight),
                "fee": to_major(fee, order.currency),
            }
            for row, weight, fee in zip(rows, weights, allotted.fees, strict=True)
        ],
    }
