"""The ledger as an auditor reads it: accounts, trial balance, journals, credits. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from blockkit.money import to_major
from blockkit.problems import Problem
from blockkit.records import Connection


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a batch's transactions; `status` in the published words, None for all."""

    batch_id: str
    source_bb: str
    status: str | None
    number: int
    size: int


def list_transactions(db: Connection, page: Page) -> list[dict[str, Any]]:
    """List a page of what a tenant handed over, in the published form. Nothing for somebody else's batch."""
    rows = db.execute(
        """SELECT * FROM (
               SELECT i.*, b.accepted_at, b.accepted_on, j.recorded_at,
                      CASE i.status WHEN 'credited' THEN 'COMPLETED' WHEN 'rejected' THEN 'FAILED'
                                    WHEN 'returned' THEN 'FAILED'
                                    ELSE 'IN_PROGRESS' END AS stage
                 FROM instructions i JOIN batches b USING (batch_id)
                 LEFT JOIN journals j ON j.batch_id = i.batch_id AND j.instruction_id = i.instruction_id
                                     AND j.kind IN ('credit', 'return')
                WHERE i.batch_id = %s AND b.source_bb = %s) AS t
            WHERE %s::text IS NULL OR stage = %s
            ORDER BY position LIMIT %s OFFSET %s""",
        [page.batch_id, page.source_bb, page.status, page.status, page.size, page.number * page.size],
    ).fetchall()
    return [
        {
            "workflowInstanceKey": f"{row['batch_id']}-{row['position']}",
            "transactionId": row["instruction_id"],
            "startedAt": row["accepted_at"].isoformat(),
            "completedAt": row["recorded_at"].isoformat() if row["recorded_at"] else None,
            "status": row["stage"],
            "statusDetail": row["status"],
            "payeeDfspId": row["institution"],
            "payeePartyId": row["payee"],
            "payeePartyIdType": "payeeIdentity",
            "payeeFee": 0.0,
            "payeeFeeCurrency": row["currency"],
            "payerDfspId": "treasury",
            "payerPartyId": row["programme"],
            "payerPartyIdType": "programme",
            "payerFee": 0.0,
            "payerFeeCurrency": row["currency"],
            "amount": to_major(row["amount"], row["currency"]),
            "currency": row["currency"],
            "direction": "OUTGOING",
            "errorInformation": row["reason"],
            "batchId": row["batch_id"],
        }
        for row in rows
    ]


def open_account_balances(db: Connection, kind: str | None, limit: int) -> dict[str, Any]:
    """List accounts with their balances, the government's own before the payees'."""
    rows = db.execute(
        """SELECT a.code, a.kind, a.currency, coalesce(sum(p.amount), 0)::bigint AS balance
             FROM accounts a LEFT JOIN postings p ON p.account = a.code
            WHERE %(kind)s::text IS NULL OR a.kind = %(kind)s
            GROUP BY a.code ORDER BY a.kind = 'payee', a.code LIMIT %(limit)s""",
        {"kind": kind, "limit": limit},
    ).fetchall()
    return {
        "count": len(rows),
        "accounts": [
            {
                "account": row["code"],
                "kind": row["kind"],
                "currency": row["currency"],
                "balance": to_major(row["balance"], row["currency"]),
            }
            for row in rows
        ],
    }


def trial_balance(db: Connection) -> dict[str, Any]:
    """Sum debits and credits per kind of account; in a sound ledger `imbalance` is zero."""
    rows = db.execute(
        """SELECT a.kind, a.currency,
                  coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0)::bigint AS given,
                  coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0)::bigint AS taken
             FROM accounts a LEFT JOIN postings p ON p.account = a.code
            GROUP BY a.kind, a.currency ORDER BY a.currency, a.kind"""
    ).fetchall()
    numbers = db.execute(
        "SELECT count(*) AS journals, coalesce(max(number), 0) AS newest FROM journals"
    ).fetchone()
    assert numbers is not None
    return {
        "lines": [
            {
                "kind": row["kind"],
                "currency": row["currency"],
                "given": to_major(row["given"], row["currency"]),
                "taken": to_major(row["taken"], row["currency"]),
                "balance": to_major(row["taken"] - row["given"], row["currency"]),
            }
            for row in rows
        ],
        "imbalance": sum(row["taken"] - row["given"] for row in rows),
        "journals": numbers["journals"],
        "newest": numbers["newest"],
    }


def list_journals(db: Connection, batch_id: str | None, limit: int) -> dict[str, Any]:
    """List journals with their postings by number."""
    rows = db.execute(
        """SELECT j.*, (SELECT json_agg(json_build_object(
                          'account', p.account, 'amount', p.amount, 'currency', a.currency) ORDER BY p.amount)
                          FROM postings p JOIN accounts a ON a.code = p.account
                         WHERE p.journal = j.number) AS postings
             FROM journals j WHERE %(batch)s::text IS NULL OR j.batch_id = %(batch)s
            ORDER BY j.number LIMIT %(limit)s""",
        {"batch": batch_id, "limit": limit},
    ).fetchall()
    return {
        "count": len(rows),
        "journals": [
            {
                "number": row["number"],
                "kind": row["kind"],
                "batchId": row["batch_id"] or "",
                "instructionId": row["instruction_id"] or "",
                "contraOf": row["contra_of"],
                "bookedOn": row["booked_on"].isoformat(),
                "valueOn": row["value_on"].isoformat(),
                "recordedAt": row["recorded_at"].isoformat(),
                "postings": [
                    {"account": one["account"], "amount": to_major(one["amount"], one["currency"])}
                    for one in row["postings"]
                ],
            }
            for row in rows
        ],
    }


def list_credits(db: Connection, batch_id: str | None, payee: str | None, limit: int) -> dict[str, Any]:
    """Count, sum and list what payees were credited; `limit` cuts the list, never count and sum.

    Raises Problem 422 when they are in several currencies: there is no such sum.
    """
    filters = """
         FROM journals j JOIN instructions i USING (batch_id, instruction_id)
        WHERE j.kind = 'credit' AND i.status <> 'returned'
          AND (%(batch)s::text IS NULL OR j.batch_id = %(batch)s)
          AND (%(payee)s::text IS NULL OR i.payee = %(payee)s)
    """
    parameters = {"batch": batch_id, "payee": payee, "limit": limit}
    sums = db.execute(
        "SELECT i.currency, count(*) AS count, sum(i.amount)::bigint AS sum"
        + filters
        + "GROUP BY 1 ORDER BY 1",
        parameters,
    ).fetchall()
    if len(sums) > 1:
        raise Problem(422, "several-currencies", "the credits are in several currencies: name a batch")
    rows = db.execute(
        "SELECT j.number, j.booked_on, i.*" + filters + "ORDER BY j.number LIMIT %(limit)s", parameters
    ).fetchall()
    return {
        "count": sums[0]["count"] if sums else 0,
        "sum": to_major(sums[0]["sum"], sums[0]["currency"]) if sums else 0,
        "credits": [
            {
                "instructionId": row["instruction_id"],
                "batchId": row["batch_id"],
                "payee": row["payee"],
                "amount": to_major(row["amount"], row["currency"]),
                "currency": row["currency"],
                "bookedOn": row["booked_on"].isoformat(),
                "journal": row["number"],
            }
            for row in rows
        ],
    }
