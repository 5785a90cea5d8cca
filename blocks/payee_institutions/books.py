"""What the witness tells: accounts, credits, statements and totals, read from its own ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from blockkit.money import to_major
from blockkit.problems import Problem
from blockkit.records import Connection, Row

CREDITS = """
  FROM outcomes o JOIN journals j ON j.number = o.journal
  JOIN accounts a ON a.account_id = o.account_id
  JOIN holders h ON h.person_no = a.person_no
 WHERE o.result = 'credited'
   AND (%(payee)s::text IS NULL OR h.functional_id = %(payee)s)
   AND (%(account_number)s::text IS NULL OR a.account_number = %(account_number)s)
   AND (%(prefix)s::text IS NULL OR starts_with(o.instruction_id, %(prefix)s))
   AND (%(since)s::date IS NULL OR j.booked_on >= %(since)s)
   AND (%(until)s::date IS NULL OR j.booked_on <= %(until)s)
   AND (%(currency)s::text IS NULL OR o.currency = %(currency)s)
   AND NOT EXISTS (SELECT FROM returns r
                    WHERE (r.institution, r.instruction_id) = (o.institution, o.instruction_id))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which credits are asked for; None leaves a criterion out, dates are inclusive."""

    payee: str | None = None
    account_number: str | None = None
    prefix: str | None = None
    since: date | None = None
    until: date | None = None
    currency: str | None = None

    def parameters(self) -> dict[str, Any]:
        """Give the statement's parameters."""
        return {name: getattr(self, name) for name in self.__slots__}


def find_account(db: Connection, institution: str, account_number: str) -> Row:
    """Find a citizen's account. Raises Problem 404."""
    found = find_accounts(db, institution, [account_number])
    if not found:
        raise Problem(404, "account-unknown", "this institution keeps no such account")
    return found[0]


def find_accounts(db: Connection, institution: str, numbers: Sequence[str]) -> list[Row]:
    """Find those of the numbered accounts that the institution keeps. Raises Problem 404 without it."""
    known = db.execute("SELECT 1 FROM accounts WHERE institution = %s LIMIT 1", [institution]).fetchone()
    if known is None:
        raise Problem(404, "institution-unknown", f"there is no institution {institution}")
    return db.execute(
        """SELECT account_id, institution, account_number, kind, currency, status FROM accounts
            WHERE institution = %s AND account_number = ANY(%s) AND kind <> 'clearing'
            ORDER BY account_number""",
        [institution, list(numbers)],
    ).fetchall()


def accounts_of(db: Connection, individual_id: str) -> list[Row]:
    """Find all accounts of a person, open or closed."""
    return db.execute(
        """SELECT a.account_id, a.institution, a.account_number, a.kind, a.currency, a.status
             FROM accounts a JOIN holders h USING (person_no)
            WHERE h.individual_id = %s ORDER BY a.account_id""",
        [individual_id],
    ).fetchall()


def list_credits(db: Connection, question: Question, limit: int) -> dict[str, Any]:
    """Count, sum and list the credits that fit; `limit` cuts the list, never the count and the sum.

    Raises Problem 422 when they are in several currencies and none was named: there is no such sum.
    """
    parameters = question.parameters()
    totals = db.execute(
        "SELECT o.currency, count(*) AS count, sum(o.amount)::bigint AS sum"
        + CREDITS
        + "GROUP BY 1 ORDER BY 1",
        parameters,
    ).fetchall()
    if len(totals) > 1:
        raise Problem(422, "several-currencies", "the credits are in several currencies: name one")
    rows = db.execute(
        """SELECT o.instruction_id, h.functional_id, a.account_number, a.institution, o.amount, o.currency,
                  o.narration, j.number, j.booked_on, j.value_date"""
        + CREDITS
        + "ORDER BY j.number LIMIT %(limit)s",
        {**parameters, "limit": limit},
    ).fetchall()
    return {
        "count": totals[0]["count"] if totals else 0,
        "sum": to_major(totals[0]["sum"], totals[0]["currency"]) if totals else 0,
        "credits": [_describe(row) for row in rows],
    }


def find_credits_of(db: Connection, instruction_ids: Sequence[str]) -> list[dict[str, Any]]:
    """List what the instructions credited, at whatever institution; what went back is left out."""
    rows = db.execute(
        """SELECT o.instruction_id, h.functional_id, a.account_number, a.institution, o.amount, o.currency,
                  o.narration, j.number, j.booked_on, j.value_date"""
        + CREDITS
        + "AND o.instruction_id = ANY(%(instructions)s) ORDER BY j.number",
        {**Question().parameters(), "instructions": list(instruction_ids)},
    ).fetchall()
    return [_describe(row) for row in rows]


def _describe(row: Row) -> dict[str, Any]:
    return {
        "instructionId": row["instruction_id"],
        "payee": row["functional_id"],
        "accountNumber": row["account_number"],
        "institution": row["institution"],
        "amount": to_major(row["amount"], row["currency"]),
        "currency": row["currency"],
        "narration": row["narration"],
        "journal": row["number"],
        "bookedOn": row["booked_on"].isoformat(),
        "valueDate": row["value_date"].isoformat(),
    }


def read_statement(db: Connection, account: Row, since: date | None, until: date | None) -> dict[str, Any]:
    """Write a statement as camt.053 has it: opening balance, entries, closing balance."""
    currency = account["currency"]
    opening = db.execute(
        """SELECT coalesce(sum(p.amount), 0)::bigint AS sum
             FROM postings p JOIN journals j ON j.number = p.journal
            WHERE p.account_id = %s AND j.booked_on < %s::date""",
        [account["account_id"], since],
    ).fetchone()
    entries = db.execute(
        """SELECT j.number, j.booked_on, j.value_date, p.amount, o.instruction_id, o.narration
             FROM postings p JOIN journals j ON j.number = p.journal
             LEFT JOIN returns r ON r.journal = j.number
             JOIN outcomes o ON o.journal = j.number
                             OR (o.institution, o.instruction_id) = (r.institution, r.instruction_id)
            WHERE p.account_id = %(account)s
              AND (%(since)s::date IS NULL OR j.booked_on >= %(since)s)
              AND (%(until)s::date IS NULL OR j.booked_on <= %(until)s)
            ORDER BY j.number""",
        {"account": account["account_id"], "since": since, "until": until},
    ).fetchall()
    assert opening is not None
    closing = opening["sum"] + sum(entry["amount"] for entry in entries)
    return {
        "institution": account["institution"],
        "accountNumber": account["account_number"],
        "currency": currency,
        "openingBalance": to_major(opening["sum"], currency),
        "entries": [
            {
                "entryReference": entry["number"],
                "amount": to_major(abs(entry["amount"]), currency),
                "creditDebitIndicator": "CRDT" if entry["amount"] > 0 else "DBIT",
                "bookingDate": entry["booked_on"].isoformat(),
                "valueDate": entry["value_date"].isoformat(),
                "endToEndId": entry["instruction_id"],
                "remittanceInformation": entry["narration"],
            }
            for entry in entries
        ],
        "closingBalance": to_major(closing, currency),
    }


def read_totals(db: Connection) -> dict[str, Any]:
    """Sum the whole ledger. `imbalance` is the sum of all postings, which is zero in a sound one."""
    everything = list_credits(db, Question(), 0)
    row = db.execute(
        "SELECT coalesce(sum(amount), 0)::bigint AS imbalance, count(DISTINCT journal) AS journals "
        "FROM postings"
    ).fetchone()
    assert row is not None
    return {"credits": everything["count"], "sum": everything["sum"], **row}
