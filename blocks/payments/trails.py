"""The trail of a payment, from the payee's registration to the credit, for a sample that an auditor draws."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from blockkit.money import to_major
from blockkit.records import Connection, Row


def draw(db: Connection, batch_id: str, size: int, seed: str) -> list[Row]:
    """Draw instructions of a batch: the same seed draws the same ones, whoever draws."""
    rows = db.execute("SELECT * FROM instructions WHERE batch_id = %s", [batch_id]).fetchall()
    rows.sort(key=lambda row: hashlib.sha256(f"{seed}/{row['instruction_id']}".encode()).digest())
    return rows[:size]


def follow(db: Connection, batch: Row, drawn: Sequence[Row]) -> list[dict[str, Any]]:
    """Tell the trail of each instruction; the witness's credits are added by who asked for them."""
    names = [row["instruction_id"] for row in drawn]
    journals = db.execute(
        """SELECT j.*, (SELECT json_agg(json_build_object('account', p.account, 'amount', p.amount)
                                        ORDER BY p.amount)
                          FROM postings p WHERE p.journal = j.number) AS postings
             FROM journals j WHERE j.batch_id = %s AND j.instruction_id = ANY(%s) ORDER BY j.number""",
        [batch["batch_id"], names],
    ).fetchall()
    payees = {
        row["functional_id"]: row
        for row in db.execute(
            "SELECT * FROM beneficiaries WHERE functional_id = ANY(%s)", [[row["payee"] for row in drawn]]
        ).fetchall()
    }
    return [
        {
            "InstructionID": row["instruction_id"],
            "PayeeFunctionalID": row["payee"],
            "Amount": to_major(row["amount"], row["currency"]),
            "Currency": row["currency"],
            "status": row["status"],
            "reason": row["reason"],
            "registered": _registration(payees.get(row["payee"])),
            "ordered": {
                "BatchID": batch["batch_id"],
                "SourceBBID": batch["source_bb"],
                "acceptedOn": batch["accepted_on"].isoformat(),
                "contentHash": batch["content_hash"],
                "exchange": batch["exchange"],
            },
            "paidTo": {"institution": row["institution"], "accountNumber": row["account_number"]},
            "journals": [
                _journal(one, row["currency"])
                for one in journals
                if one["instruction_id"] == row["instruction_id"]
            ],
        }
        for row in drawn
    ]


def _registration(payee: Row | None) -> dict[str, str] | None:
    if payee is None:
        return None
    return {
        "SourceBBID": payee["source_bb"],
        "registeredOn": payee["registered_on"].isoformat(),
        "updatedOn": payee["updated_on"].isoformat(),
    }


def _journal(row: Row, currency: str) -> dict[str, Any]:
    return {
        "number": row["number"],
        "kind": row["kind"],
        "contraOf": row["contra_of"],
        "bookedOn": row["booked_on"].isoformat(),
        "valueOn": row["value_on"].isoformat(),
        "recordedAt": row["recorded_at"].isoformat(),
        "postings": [
            {"account": one["account"], "amount": to_major(one["amount"], currency)}
            for one in row["postings"]
        ],
    }
