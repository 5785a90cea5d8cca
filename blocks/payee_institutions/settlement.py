"""Taking money for citizens' accounts: each instruction is decided once and answered the same for ever.

The caller's word on who the payee is decides nothing here; the account does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from blockkit.problems import Problem
from blockkit.records import Connection, Row

CLAIM_DAYS = 30
"""How long a credit waits for somebody who doesn't come."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One credit as it was asked for; `amount` in minor units."""

    instruction_id: str
    account_number: str
    amount: int
    currency: str
    narration: str

    @property
    def content_hash(self) -> str:
        """What must not change when an instruction comes again."""
        content = [self.account_number, self.amount, self.currency]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Result:
    """What an institution answers for one instruction; `reason` is None when the account was credited."""

    instruction_id: str
    reason: str | None
    claim_by: date | None = None

    @property
    def credited(self) -> bool:
        """Whether the money arrived."""
        return self.reason is None


def judge(instruction: Instruction, account: Mapping[str, Any] | None) -> str | None:
    """Tell why the institution can't credit the account, or None when it can."""
    if account is None or account["kind"] == "clearing":
        return "account-unknown"
    if account["status"] == "closed":
        return "account-closed"
    if account["currency"] != instruction.currency:
        return "currency"
    if account["behaviour"] == "rejects":
        return "refused-by-institution"
    return None


def settle(
    db: Connection, institution: str, settlement_id: str, instructions: Sequence[Instruction], today: date
) -> list[Result]:
    """Decide the instructions, credit the accounts, and answer in the order given.

    Raises Problem 404 for an institution that is none of ours.
    """
    # One settlement at a time: what was decided before is read after the last one committed.
    db.execute("SELECT pg_advisory_xact_lock(1)")
    clearing = _clearing_accounts(db, institution)
    decided = {row["instruction_id"]: row for row in _outcomes(db, institution, instructions)}
    accounts = _accounts(db, institution, instructions)
    results = []
    for instruction in instructions:
        earlier = decided.get(instruction.instruction_id)
        if earlier is None:
            account = accounts.get(instruction.account_number)
            reason = judge(instruction, account)
            journal = None
            if reason is None and account is not None:
                journal = _enter(
                    db, clearing[instruction.currency], account["account_id"], instruction.amount, today
                )
            waits = journal is not None and account is not None and account["behaviour"] == "unclaimed"
            claim_by = today + timedelta(days=CLAIM_DAYS) if waits else None
            earlier = _record(db, institution, settlement_id, instruction, account, journal, reason, claim_by)
            decided[instruction.instruction_id] = earlier
        same = earlier["content_hash"] == instruction.content_hash
        results.append(
            Result(instruction.instruction_id, earlier["reason"], earlier["claim_by"])
            if same
            else Result(instruction.instruction_id, "instruction-reused")
        )
    return results


def wants_time(db: Connection, institution: str, instructions: Sequence[Instruction]) -> bool:
    """Whether one of the accounts is planted as slow."""
    accounts = _accounts(db, institution, instructions).values()
    return any(account["behaviour"] == "slow" for account in accounts)


def _clearing_accounts(db: Connection, institution: str) -> dict[str, int]:
    rows = db.execute(
        "SELECT currency, account_id FROM accounts WHERE institution = %s AND kind = 'clearing'",
        [institution],
    ).fetchall()
    if not rows:
        raise Problem(404, "institution-unknown", f"there is no institution {institution}")
    return {row["currency"]: row["account_id"] for row in rows}


def _outcomes(db: Connection, institution: str, instructions: Sequence[Instruction]) -> list[Row]:
    return db.execute(
        """SELECT instruction_id, content_hash, reason, claim_by FROM outcomes
            WHERE institution = %s AND instruction_id = ANY(%s)""",
        [institution, [instruction.instruction_id for instruction in instructions]],
    ).fetchall()


def _accounts(db: Connection, institution: str, instructions: Sequence[Instruction]) -> dict[str, Row]:
    rows = db.execute(
        """SELECT account_id, account_number, kind, currency, status, behaviour FROM accounts
            WHERE institution = %s AND account_number = ANY(%s)""",
        [institution, [instruction.account_number for instruction in instructions]],
    ).fetchall()
    return {row["account_number"]: row for row in rows}


def _enter(db: Connection, giving: int, taking: int, amount: int, today: date) -> int:
    row = db.execute(
        "INSERT INTO journals (booked_on, value_date) VALUES (%s, %s) RETURNING number", [today, today]
    ).fetchone()
    assert row is not None
    number: int = row["number"]
    db.execute(
        "INSERT INTO postings (journal, account_id, amount) VALUES (%(n)s, %(giving)s, %(out)s), "
        "(%(n)s, %(taking)s, %(amount)s)",
        {"n": number, "giving": giving, "taking": taking, "out": -amount, "amount": amount},
    )
    return number


def _record(
    db: Connection,
    institution: str,
    settlement_id: str,
    instruction: Instruction,
    account: Row | None,
    journal: int | None,
    reason: str | None,
    claim_by: date | None,
) -> Row:
    db.execute(
        """INSERT INTO outcomes (institution, instruction_id, content_hash, settlement_id, result, reason,
                                 journal, account_id, amount, currency, narration, claim_by)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            institution,
            instruction.instruction_id,
            instruction.content_hash,
            settlement_id,
            "credited" if reason is None else "rejected",
            reason,
            journal,
            account["account_id"] if account else None,
            instruction.amount,
            instruction.currency,
            instruction.narration,
            claim_by,
        ],
    )
    return {"content_hash": instruction.content_hash, "reason": reason, "claim_by": claim_by}
