"""What a programme may spend in all, and how much of it is spent."""

from __future__ import annotations

from datetime import date

from blockkit.records import Connection
from blocks.payments.requests import Refused


def put(db: Connection, programme: str, currency: str, ceiling: int, by: str, today: date) -> None:
    """Set a ceiling in minor units. A lower one than what is spent stops what comes after."""
    db.execute(
        """INSERT INTO budgets VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (programme, currency) DO UPDATE
              SET ceiling = excluded.ceiling, set_by = excluded.set_by, set_on = excluded.set_on""",
        [programme, currency, ceiling, by, today],
    )


def ceiling_of(db: Connection, programme: str, currency: str) -> int | None:
    """Tell a programme's ceiling; None when there is none."""
    row = db.execute(
        "SELECT ceiling FROM budgets WHERE (programme, currency) = (%s, %s)", [programme, currency]
    ).fetchone()
    return row["ceiling"] if row else None


def spent_by(db: Connection, programme: str, currency: str) -> int:
    """Sum what is paid or being paid; what was rejected or came back is not spent."""
    row = db.execute(
        """SELECT coalesce(sum(amount), 0)::bigint AS spent FROM instructions
            WHERE (programme, currency) = (%s, %s) AND status NOT IN ('rejected', 'returned')""",
        [programme, currency],
    ).fetchone()
    return row["spent"] if row else 0


def require(db: Connection, programme: str, currency: str, amount: int) -> None:
    """Refuse what would go beyond the ceiling. Raises Refused."""
    ceiling = ceiling_of(db, programme, currency)
    if ceiling is not None and spent_by(db, programme, currency) + amount > ceiling:
        raise Refused("the programme's budget does not cover the batch")
