"""A batch whose last instruction is decided is completed once, and its source is told."""

from __future__ import annotations

from typing import Any

from blockkit.app import Kit
from blockkit.money import to_major
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.payments import callbacks

STATES = {"pending": "accepted", "sent": "processing", "credited": "credited", "rejected": "rejected"}


def complete_next(kit: Kit) -> bool:
    """Complete one batch that has nothing left to do."""
    with kit.records.transaction() as db:
        batch = db.execute(
            """SELECT batch_id, correlation, exchange FROM batches b
                WHERE status <> 'completed' AND NOT EXISTS (
                      SELECT FROM instructions i
                       WHERE i.batch_id = b.batch_id AND i.status IN ('pending', 'sent'))
                ORDER BY accepted_at LIMIT 1 FOR UPDATE SKIP LOCKED"""
        ).fetchone()
        if batch is None:
            return False
        db.execute("UPDATE batches SET status = 'completed' WHERE batch_id = %s", [batch["batch_id"]])
        body = describe_batch(db, batch["batch_id"])
        callbacks.queue(db, "payroll-paid", batch["correlation"], body, batch["exchange"])
        return True


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
        "failed": sum(row["status"] == "rejected" for row in rows),
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
