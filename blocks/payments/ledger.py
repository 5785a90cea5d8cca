"""Writing to the double-entry ledger. What may be written is decided by the database, see schema.sql."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from blockkit.records import Connection

Kind = Literal["funding", "programme", "suspense", "payee", "voucher", "merchant", "payer", "biller"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One journal of two postings: `amount` minor units from `giving` to `taking`."""

    kind: Literal[
        "allot",
        "reserve",
        "credit",
        "return",
        "reversal",
        "fund",
        "issue",
        "redeem",
        "lapse",
        "collect",
        "refund",
    ]
    giving: str
    taking: str
    amount: int
    batch_id: str
    instruction_id: str | None = None
    contra_of: int | None = None


def account(kind: Kind, currency: str, name: str = "") -> str:
    """Give an account's code: `funding:XTS`, `payee:<functional id>:XTS`."""
    return ":".join(part for part in (kind, name, currency) if part)


def take_turn(db: Connection) -> None:
    """Wait until no other transaction writes; balances read after it stay true until this one ends."""
    db.execute("SELECT pg_advisory_xact_lock(1)")


def open_accounts(db: Connection, codes: Iterable[str]) -> None:
    """Open those accounts that are not open yet."""
    db.execute(
        """INSERT INTO accounts
           SELECT code, split_part(code, ':', 1), right(code, 3) FROM unnest(%s::text[]) AS code ORDER BY code
           ON CONFLICT DO NOTHING""",
        [sorted(set(codes))],
    )


def balance(db: Connection, code: str) -> int | None:
    """Tell an account's balance in minor units; None when it isn't open."""
    row = db.execute(
        """SELECT coalesce(b.amount, 0) AS balance
             FROM accounts LEFT JOIN balances b ON b.account = code WHERE code = %s""",
        [code],
    ).fetchone()
    return row["balance"] if row else None


def enter(db: Connection, entries: Sequence[Entry], booked_on: date) -> None:
    """Write journals in the order given, numbered one after another."""
    db.execute(
        """WITH given AS (
               SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[],
                                    %s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY
                        AS g(kind, batch_id, instruction_id, contra_of, giving, taking, amount, place)),
           entered AS (
               INSERT INTO journals (kind, batch_id, instruction_id, contra_of, booked_on)
               SELECT kind, batch_id, instruction_id, contra_of, %s FROM given ORDER BY place
               RETURNING number, kind, batch_id, coalesce(instruction_id, '') AS instruction_id)
           INSERT INTO postings (journal, account, amount)
           SELECT e.number, side.account, side.amount
             FROM entered e
             JOIN given g ON g.kind = e.kind AND g.batch_id = e.batch_id
                         AND coalesce(g.instruction_id, '') = e.instruction_id
            CROSS JOIN LATERAL (VALUES (g.giving, -g.amount),
                                       (g.taking, g.amount)) AS side(account, amount)""",
        [
            [entry.kind for entry in entries],
            [entry.batch_id for entry in entries],
            [entry.instruction_id for entry in entries],
            [entry.contra_of for entry in entries],
            [entry.giving for entry in entries],
            [entry.taking for entry in entries],
            [entry.amount for entry in entries],
            booked_on,
        ],
    )


def numbers_of(db: Connection, kind: str, batch_id: str, instruction_ids: Sequence[str]) -> dict[str, int]:
    """Give the number of each instruction's journal of a kind."""
    rows = db.execute(
        """SELECT instruction_id, number FROM journals
            WHERE kind = %s AND batch_id = %s AND instruction_id = ANY(%s)""",
        [kind, batch_id, list(instruction_ids)],
    ).fetchall()
    return {row["instruction_id"]: row["number"] for row in rows}
