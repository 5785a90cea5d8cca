"""A batch whose last instruction is decided is completed once, and its source is told."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from blockkit.app import Kit
from blockkit.money import to_major
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.payments import callbacks

STATES = {
    "pending": "accepted",
    "sent": "processing",
    "credited": "credited",
    "rejected": "rejected",
    "returned": "returned",
}
STAGES = {
    "accepted": "ongoing",
    "processing": "ongoing",
    "credited": "completed",
    "rejected": "failed",
    "returned": "failed",
}


def complete_next(kit: Kit) -> bool:
    """Complete one batch that has nothing left to do."""
    with kit.records.transaction() as db:
        batch = db.execute(
            """SELECT batch_id, correlation, exchange, dialect FROM batches b
                WHERE status <> 'completed' AND NOT EXISTS (
                      SELECT FROM instructions i
                       WHERE i.batch_id = b.batch_id AND i.status IN ('pending', 'sent'))
                ORDER BY accepted_at LIMIT 1 FOR UPDATE SKIP LOCKED"""
        ).fetchone()
        if batch is None:
            return False
        db.execute("UPDATE batches SET status = 'completed' WHERE batch_id = %s", [batch["batch_id"]])
        told = describe_batch(db, batch["batch_id"])
        if batch["dialect"] == "published":
            body = summarise(told, batch["correlation"], kit.clock.now())
            callbacks.queue(db, "batch-status", batch["correlation"], body, batch["exchange"])
        else:
            callbacks.queue(db, "payroll-paid", batch["correlation"], told, batch["exchange"])
        return True


def summarise(told: dict[str, Any], correlation: str, now: datetime) -> dict[str, Any]:
    """Tell a batch in the published form: how many, and how much. Which ones stands in its detail."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    counts: Counter[str] = Counter()
    for one in told["results"]:
        state = STAGES[one["status"]]
        counts[state] += 1
        sums[state] += Decimal(str(one["Amount"]))
    return {
        "requestId": correlation[:12],
        "batchId": told["BatchID"],
        "TotalTransactions": told["total"],
        "ongoing": counts["ongoing"],
        "failed": counts["failed"],
        "completed": counts["completed"],
        "totalAmount": float(sum(sums.values())),
        "completed_amount": float(sums["completed"]),
        "ongoing_amount": float(sums["ongoing"]),
        "failed_amount": float(sums["failed"]),
        "result_file": "",
        "resultGeneratedAt": now.isoformat(timespec="seconds"),
        "note": told["status"],
    }


def describe_batch(db: Connection, batch_id: str) -> dict[str, Any]:
    """Tell what became of a batch, instruction by instruction. Raises Problem 404."""
    batch = db.execute("SELECT * FROM batches WHERE batch_id = %s", [batch_id]).fetchone()
    if batch is None:
        raise Problem(404, "batch-unknown", "there is no batch of this id")
    rows = db.execute(
        """SELECT instruction_id, payee, amount, currency, status, reason FROM instructions
            WHERE batch_id = %s ORDER BY position""",
        [batch_id],
    ).fetchall()
    credited = [row for row in rows if row["status"] == "credited"]
    return {
        "BatchID": batch_id,
        "status": batch["status"],
        "programme": batch["programme"],
        "period": batch["period"],
        "currency": batch["currency"],
        "total": len(rows),
        "credited": len(credited),
        "failed": sum(row["status"] in ("rejected", "returned") for row in rows),
        "sum": to_major(sum(row["amount"] for row in credited), batch["currency"]),
        "results": [
            {
                "InstructionID": row["instruction_id"],
                "PayeeFunctionalID": row["payee"],
                "Amount": to_major(row["amount"], row["currency"]),
                "Currency": row["currency"],
                "status": STATES[row["status"]],
                "reason": row["reason"],
            }
            for row in rows
        ],
    }
