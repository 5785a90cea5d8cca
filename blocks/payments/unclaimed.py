"""Credits that wait to be claimed: when their day has passed, the institution is asked what went back.

The institution's word is awaited: its clock may be moved after ours, and it alone knows whether
somebody came at the last moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ValidationError

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blockkit.worker import Patience
from blocks.payments import ledger

CHUNK = 500
REASON = "unclaimed"

DUE = """
    SELECT batch_id, instruction_id, institution, payee, amount, currency, claim_by, failures
      FROM instructions
     WHERE status = 'credited' AND claim_by < %(today)s AND retry_at <= clock_timestamp()
       AND (%(batch)s::text IS NULL OR (batch_id, institution) = (%(batch)s, %(institution)s))
     ORDER BY claim_by LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""


class Return(BaseModel):
    """An institution's word on money that it gives back."""

    instructionId: str  # noqa: N815  the wire's name


class Returns(BaseModel):
    """An institution's answer, true up to the day that it names."""

    asOf: date  # noqa: N815
    returns: tuple[Return, ...]


def take_back_next(kit: Kit, patience: Patience) -> bool:
    """Ask one institution about one chunk, and book what came back."""
    with kit.records.transaction() as db:
        today = kit.clock.today()
        chunk = _claim(db, today)
        if not chunk:
            return False
        ledger.take_turn(db)
        told = _ask(kit, chunk)
        back = {one.instructionId for one in told.returns} if told else set()
        _book(kit, db, [row for row in chunk if row["instruction_id"] in back])
        # What is past its day by the institution's own clock and did not come back was claimed.
        claimed = [
            row for row in chunk if told and row["claim_by"] < told.asOf and row["instruction_id"] not in back
        ]
        _set(db, claimed, "claim_by = NULL")
        waiting = [row for row in chunk if row not in claimed and row["instruction_id"] not in back]
        failures = chunk[0]["failures"] + 1
        _set(
            db,
            waiting,
            "failures = %s, retry_at = clock_timestamp() + make_interval(secs => %s)",
            failures,
            patience(failures),
        )
        return True


def _claim(db: Connection, today: date) -> list[Row]:
    asked = {"today": today, "batch": None, "institution": None, "limit": 1}
    first = db.execute(DUE, asked).fetchone()
    if first is None:
        return []
    place = {"batch": first["batch_id"], "institution": first["institution"], "limit": CHUNK}
    return db.execute(DUE, {**asked, **place}).fetchall()


def _ask(kit: Kit, chunk: Sequence[Row]) -> Returns | None:
    institution = chunk[0]["institution"]
    try:
        answer = kit.peers.call(
            "payee-institutions",
            "POST",
            f"/institutions/{institution}/returns",
            json={"instructionIds": [row["instruction_id"] for row in chunk]},
        )
        return Returns.model_validate_json(answer.content)
    except (Problem, ValidationError) as error:
        kit.log.warning("%s does not tell what went back: %s", institution, type(error).__name__)
        return None


def _book(kit: Kit, db: Connection, rows: Sequence[Row]) -> None:
    if not rows:
        return
    batch_id = rows[0]["batch_id"]
    credits = ledger.numbers_of(db, "credit", batch_id, [row["instruction_id"] for row in rows])
    entries = [
        ledger.Entry(
            kind="reversal",
            giving=ledger.account("payee", row["currency"], row["payee"]),
            taking=ledger.account("funding", row["currency"]),
            amount=row["amount"],
            batch_id=batch_id,
            instruction_id=row["instruction_id"],
            contra_of=credits[row["instruction_id"]],
        )
        for row in rows
    ]
    ledger.enter(db, entries, kit.clock.today())
    _set(db, rows, "status = 'returned', reason = %s", REASON)


def _set(db: Connection, rows: Sequence[Row], what: str, *values: object) -> None:
    if rows:
        db.execute(
            f"UPDATE instructions SET {what} WHERE batch_id = %s AND instruction_id = ANY(%s)",  # noqa: S608
            [*values, rows[0]["batch_id"], [row["instruction_id"] for row in rows]],
        )
