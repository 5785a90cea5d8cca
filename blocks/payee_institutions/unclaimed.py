"""What nobody claims goes back to the payer, by a contra-entry, when its day has passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from blockkit.app import Kit
from blockkit.money import to_major
from blockkit.records import Connection

CHUNK = 1000


def return_due(kit: Kit) -> None:
    """Take back every credit that is past its day; the clock has moved."""
    while _return_some(kit):
        pass


def _return_some(kit: Kit) -> bool:
    today = kit.clock.today()
    with kit.records.transaction() as db:
        db.execute("SELECT pg_advisory_xact_lock(1)")
        due = db.execute(
            """SELECT o.institution, o.instruction_id, o.journal FROM outcomes o
                WHERE o.claim_by < %s AND NOT EXISTS (
                      SELECT FROM returns r WHERE (r.institution, r.instruction_id)
                                                = (o.institution, o.instruction_id))
                ORDER BY o.claim_by LIMIT %s""",
            [today, CHUNK],
        ).fetchall()
        for row in due:
            _reverse(db, row["institution"], row["instruction_id"], row["journal"], today)
        return bool(due)


def _reverse(db: Connection, institution: str, instruction_id: str, journal: int, today: date) -> None:
    entered = db.execute(
        "INSERT INTO journals (booked_on, value_date) VALUES (%s, %s) RETURNING number", [today, today]
    ).fetchone()
    assert entered is not None
    db.execute(
        "INSERT INTO postings SELECT %s, account_id, -amount FROM postings WHERE journal = %s",
        [entered["number"], journal],
    )
    db.execute(
        "INSERT INTO returns VALUES (%s, %s, %s, %s)", [institution, instruction_id, entered["number"], today]
    )


def list_returns(db: Connection, institution: str, instruction_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Tell which of the instructions' money went back."""
    rows = db.execute(
        """SELECT r.instruction_id, r.returned_on, o.amount, o.currency
             FROM returns r JOIN outcomes o USING (institution, instruction_id)
            WHERE r.institution = %s AND r.instruction_id = ANY(%s) ORDER BY r.journal""",
        [institution, list(instruction_ids)],
    ).fetchall()
    return [
        {
            "instructionId": row["instruction_id"],
            "amount": to_major(row["amount"], row["currency"]),
            "currency": row["currency"],
            "reason": "unclaimed",
            "returnedOn": row["returned_on"].isoformat(),
        }
        for row in rows
    ]
