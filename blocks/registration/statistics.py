"""How many applications were decided, and how: counted from the history, of nobody in particular."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from blockkit.records import Connection, Row

Timeframe = Literal["day", "week", "month", "year"]

COUNTS = """
SELECT min(h.changed_on) AS first, max(h.changed_on) AS last, count(*) AS processed,
       count(*) FILTER (WHERE h.state = 'approved') AS approved,
       count(*) FILTER (WHERE h.state = 'correction') AS sent_back,
       count(*) FILTER (WHERE h.state = 'rejected') AS rejected
  FROM history h JOIN applications a ON a.number = h.application
 WHERE h.state IN ('approved', 'correction', 'rejected')
   AND (%(since)s::date IS NULL OR h.changed_on >= %(since)s)
   AND (%(until)s::date IS NULL OR h.changed_on <= %(until)s)
   AND (%(service)s::text IS NULL OR a.service = %(service)s)
   AND (%(operator)s::text IS NULL OR h.changed_by = %(operator)s)
   AND (%(role)s::text IS NULL OR a.service IN (
        SELECT slug FROM services WHERE definition #>> '{roles,officer}' = %(role)s))
"""
BY_TIMEFRAME = f"{COUNTS} GROUP BY date_trunc(%(timeframe)s, h.changed_on) ORDER BY 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for; None leaves a criterion out, dates are inclusive."""

    since: date | None = None
    until: date | None = None
    service: str | None = None
    operator: str | None = None
    role: str | None = None
    timeframe: Timeframe | None = None


def count_decisions(db: Connection, question: Question) -> list[dict[str, Any]]:
    """Count decisions, in one line or one per timeframe in which there were any."""
    parameters = {name: getattr(question, name) for name in question.__slots__}
    rows = db.execute(BY_TIMEFRAME if question.timeframe else COUNTS, parameters).fetchall()
    return [_describe(row, question) for row in rows]


def _describe(row: Row, question: Question) -> dict[str, Any]:
    first, last = (row["first"], row["last"]) if question.timeframe else (question.since, question.until)
    return {
        "processed": row["processed"],
        "approved": row["approved"],
        "sentBack": row["sent_back"],
        "rejected": row["rejected"],
        "references": {
            "startDate": first.isoformat() if first else "",
            "endDate": last.isoformat() if last else "",
            "registrationName": question.service or "",
            "operator": question.operator or "",
            "role": question.role or "",
            **{
                f"timeframe{name.capitalize()}": question.timeframe == name
                for name in ("day", "week", "month", "year")
            },
        },
    }
