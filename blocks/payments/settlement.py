"""Paying what was accepted: reserve, send to the institutions, and record what they answered.

Crash anywhere and start again: until an answer is recorded the instruction stays `sent`, the
institutions answer a repeated instruction as they did before, and rows that another worker
holds are skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel, ValidationError

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.money import to_major
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blockkit.worker import Patience
from blocks.payments import ledger

CHUNK = 1000
"""Instructions that travel together; each chunk is one transaction."""

CLAIM = """
    SELECT * FROM instructions
     WHERE (batch_id, institution, status) = (%s, %s, %s) AND retry_at <= clock_timestamp()
     ORDER BY position LIMIT %s FOR UPDATE SKIP LOCKED
"""


class Outcome(BaseModel):
    """An institution's word on one instruction."""

    instructionId: str  # noqa: N815  the wire's name
    status: Literal["credited", "rejected"]
    reason: str = ""
    claimBy: date | None = None  # noqa: N815

    @property
    def failure(self) -> str:
        """Why the account was not credited; '' when it was."""
        return "" if self.status == "credited" else self.reason or "no-reason-given"


class Answer(BaseModel):
    """An institution's answer to a settlement."""

    results: tuple[Outcome, ...]


def reserve_next(kit: Kit) -> bool:
    """Move the money of one chunk into suspense, where it is while its fate is unknown."""
    with kit.records.transaction() as db:
        chunk = _claim(db, "pending")
        if not chunk:
            return False
        first = chunk[0]
        suspense = ledger.account("suspense", first["currency"])
        programme = ledger.account("programme", first["currency"], first["programme"])
        ledger.enter(
            db,
            [
                ledger.Entry(
                    kind="reserve",
                    giving=programme,
                    taking=suspense,
                    amount=row["amount"],
                    batch_id=row["batch_id"],
                    instruction_id=row["instruction_id"],
                )
                for row in chunk
            ],
            kit.clock.today(),
        )
        db.execute(
            "UPDATE instructions SET status = 'sent' WHERE batch_id = %s AND instruction_id = ANY(%s)",
            [first["batch_id"], [row["instruction_id"] for row in chunk]],
        )
        db.execute(
            "UPDATE batches SET status = 'processing' WHERE batch_id = %s AND status = 'accepted'",
            [first["batch_id"]],
        )
        return True


def settle_next(kit: Kit, patience: Patience) -> bool:
    """Send one chunk to its institution and record the answer; without one, try again later."""
    with kit.records.transaction() as db:
        chunk = _claim(db, "sent")
        if not chunk:
            return False
        outcomes = _ask(kit, chunk, _cause(db, chunk[0]["batch_id"]))
        _record(kit, db, [row for row in chunk if row["instruction_id"] in outcomes], outcomes)
        _put_off(db, [row for row in chunk if row["instruction_id"] not in outcomes], patience)
        return True


def _claim(db: Connection, status: str) -> list[Row]:
    found = db.execute(
        """SELECT batch_id, institution FROM instructions
            WHERE status = %s AND retry_at <= clock_timestamp()
            ORDER BY retry_at LIMIT 1 FOR UPDATE SKIP LOCKED""",
        [status],
    ).fetchone()
    if found is None:
        return []
    return db.execute(CLAIM, [found["batch_id"], found["institution"], status, CHUNK]).fetchall()


def _cause(db: Connection, batch_id: str) -> str:
    row = db.execute("SELECT exchange FROM batches WHERE batch_id = %s", [batch_id]).fetchone()
    return row["exchange"] if row else ""


def _ask(kit: Kit, chunk: Sequence[Row], cause: str) -> dict[str, Outcome]:
    """Ask the institution; nothing for an instruction that it does not answer."""
    institution = chunk[0]["institution"]
    body = {
        "settlementId": f"{chunk[0]['batch_id']}-{institution}"[:40],
        "instructions": [
            {
                "instructionId": row["instruction_id"],
                "accountNumber": row["account_number"],
                "payeeFunctionalId": row["payee"],
                "amount": to_major(row["amount"], row["currency"]),
                "currency": row["currency"],
                "narration": row["narration"],
            }
            for row in chunk
        ],
    }
    token = current_exchange.set(cause)
    try:
        answer = kit.peers.call(
            "payee-institutions", "POST", f"/institutions/{institution}/settlements", json=body
        )
        if answer.status_code == 404 and str(answer.json().get("type")).endswith("/institution-unknown"):
            return {
                row["instruction_id"]: Outcome(
                    instructionId=row["instruction_id"], status="rejected", reason="institution-unknown"
                )
                for row in chunk
            }
        if answer.status_code != 200:
            kit.log.warning("%s answered a settlement with %d", institution, answer.status_code)
            return {}
        return {
            outcome.instructionId: outcome for outcome in Answer.model_validate_json(answer.content).results
        }
    except (Problem, ValidationError, ValueError, AttributeError) as error:
        kit.log.warning("%s gave no answer to a settlement: %s", institution, type(error).__name__)
        return {}
    finally:
        current_exchange.reset(token)


def _record(kit: Kit, db: Connection, rows: Sequence[Row], outcomes: dict[str, Outcome]) -> None:
    if not rows:
        return
    batch_id, currency = rows[0]["batch_id"], rows[0]["currency"]
    credited = [row for row in rows if not outcomes[row["instruction_id"]].failure]
    ledger.open_accounts(db, [ledger.account("payee", currency, row["payee"]) for row in credited])
    reserves = ledger.numbers_of(db, "reserve", batch_id, [row["instruction_id"] for row in rows])
    entries = [
        _entry(row, outcomes[row["instruction_id"]].failure, reserves[row["instruction_id"]]) for row in rows
    ]
    ledger.enter(db, entries, kit.clock.today())
    db.execute(
        """UPDATE instructions i SET status = CASE WHEN o.reason = '' THEN 'credited' ELSE 'rejected' END,
                                     reason = o.reason, claim_by = o.claim_by
             FROM unnest(%s::text[], %s::text[], %s::date[]) AS o(instruction_id, reason, claim_by)
            WHERE i.batch_id = %s AND i.instruction_id = o.instruction_id""",
        [
            [row["instruction_id"] for row in rows],
            [outcomes[row["instruction_id"]].failure for row in rows],
            [outcomes[row["instruction_id"]].claimBy for row in rows],
            batch_id,
        ],
    )


def _entry(row: Row, reason: str, reserve: int) -> ledger.Entry:
    suspense = ledger.account("suspense", row["currency"])
    if reason:
        return ledger.Entry(
            kind="return",
            giving=suspense,
            taking=ledger.account("funding", row["currency"]),
            amount=row["amount"],
            batch_id=row["batch_id"],
            instruction_id=row["instruction_id"],
            contra_of=reserve,
        )
    return ledger.Entry(
        kind="credit",
        giving=suspense,
        taking=ledger.account("payee", row["currency"], row["payee"]),
        amount=row["amount"],
        batch_id=row["batch_id"],
        instruction_id=row["instruction_id"],
    )


def _put_off(db: Connection, rows: Sequence[Row], patience: Patience) -> None:
    if not rows:
        return
    failures = rows[0]["failures"] + 1
    db.execute(
        """UPDATE instructions SET failures = %s, retry_at = clock_timestamp() + make_interval(secs => %s)
            WHERE batch_id = %s AND instruction_id = ANY(%s)""",
        [failures, patience(failures), rows[0]["batch_id"], [row["instruction_id"] for row in rows]],
    )
