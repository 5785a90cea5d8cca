"""An application's life: draft, submitted, checked, decided, appealed.

One per service and person, or one per form where the service says `applications: many`. Every change is
a line of the history and moves the tasks along. A change is made on the version that was read, so two
people who act at the same moment don't undo each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from blockkit.clock import Clock
from blockkit.money import to_major, to_minor
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration import tasks
from blocks.registration.services import Service, check_form, find_service

EDITABLE = ("draft", "correction")
UNDECIDED = ("submitted", "in-review", "verified", "check-failed")
STATUSES: Mapping[str, str] = {
    "draft": "DRAFT",
    "submitted": "IN PROGRESS",
    "in-review": "IN REVIEW",
    "verified": "IN REVIEW",
    "check-failed": "IN REVIEW",
    "approving": "IN REVIEW",
    "correction": "ACTION NEEDED",
    "approved": "APPROVED",
    "rejected": "REJECTED",
}
FORGOTTEN: Mapping[str, Any] = {
    "checks": Jsonb([]),
    "household": Jsonb({}),
    "recommendation": "",
    "reason": "",
    "score": None,
    "amount": None,
    "currency": "",
}
"""What a verification found; void when the applicant changes what was verified."""


VOID_REVIEWS = (
    "UPDATE reviews SET outcome = '', note = '', given_by = '', given_on = NULL WHERE application = %s"
)
"""What was found about a form that is handed in anew; agreed days stay."""

FITS = """
  FROM applications
 WHERE service = ANY(%(services)s)
   AND (%(service)s::text IS NULL OR service = %(service)s)
   AND (%(state)s::text IS NULL OR state = %(state)s)
   AND (%(individual)s::text IS NULL OR individual_id = %(individual)s)
"""


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes an application, when, and why."""

    by: str
    at: datetime
    reason: str = ""

    @classmethod
    def now(cls, clock: Clock, by: str, reason: str = "") -> Change:
        """Make one for this moment of the sandbox."""
        return cls(by, clock.now(), reason)

    @property
    def on(self) -> date:
        """The day."""
        return self.at.date()


_OF_OCCASION = (
    "SELECT * FROM applications WHERE service = %s AND individual_id = %s AND occasion = %s FOR UPDATE"
)


def create(
    db: Connection,
    service: Service,
    individual_id: str,
    form: Mapping[str, Any],
    change: Change,
    *,
    name: str = "",
) -> Row:
    """Open a draft; the same again gives the application as it stands.

    Raises Problem 400 for a form that doesn't fit, 409 when the person has another application.
    """
    check_form(service, form)
    occasion = "" if service.definition.applications == "one" else _digest(form)
    key = [service.slug, individual_id, occasion]
    # Looked for first: an insertion that meets another takes a file's number away and gives it to nobody.
    before = db.execute(_OF_OCCASION, key).fetchone()
    if before is None:
        made = db.execute(
            "INSERT INTO applications (service, individual_id, occasion, name, form, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (service, individual_id, occasion) DO NOTHING RETURNING *",
            [*key, name, Jsonb(form), change.at],
        ).fetchone()
        if made is not None:
            _note(db, made["number"], "draft", change)
            return made
        before = db.execute(_OF_OCCASION, key).fetchone()
    assert before is not None
    if not occasion and before["form"] != form:
        raise Problem(409, "application-exists", "this person has applied already", id=identify(before))
    return before


def find(db: Connection, application_id: str, *, lock: bool = False) -> Row:
    """Find an application; `lock` keeps it as it is until this transaction ends. Raises Problem 404."""
    number = application_id.removeprefix("A")
    ours = application_id == f"A{number}" and number.isascii() and number.isdigit() and len(number) < 16
    statement = f"SELECT * FROM applications WHERE {'number' if ours else 'file_id'} = %s"  # noqa: S608
    key = int(number) if ours else application_id
    row = db.execute(f"{statement} FOR UPDATE" if lock else statement, [key]).fetchone()
    if row is None or identify(row) != application_id:
        raise Problem(404, "no-such-application", "there is no application of this id")
    return row


def list_page(
    db: Connection,
    services: Sequence[str],
    service: str | None,
    state: str | None,
    individual_id: str | None,
    *,
    limit: int,
    offset: int,
    by_name: bool = False,
    descending: bool = False,
) -> tuple[int, list[Row]]:
    """Count the applications of these services that fit, and list some, the oldest first."""
    asked = {
        "services": list(services),
        "service": service,
        "state": state,
        "individual": individual_id,
        "limit": limit,
        "offset": offset,
    }
    total = db.execute("SELECT count(*) AS count" + FITS, asked).fetchone()
    assert total is not None
    order = ("lower(name), number" if by_name else "number").replace(",", " DESC," if descending else ",")
    order += " DESC" if descending else ""
    rows = db.execute(f"SELECT *{FITS}ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s", asked)
    return total["count"], rows.fetchall()


def replace_form(db: Connection, row: Row, service: Service, form: Mapping[str, Any], change: Change) -> Row:
    """Fill in the form anew, before it is submitted or when it was sent back."""
    require_state(row, *EDITABLE)
    check_form(service, form)
    if row["form"] == form:
        return row
    return alter(db, row, change, form=Jsonb(form))


def submit(db: Connection, row: Row, service: Service, change: Change) -> Row:
    """Hand an application in; again, it stays handed in. Raises Problem 409 while a document is missing."""
    if row["state"] == "submitted":
        return row
    require_state(row, *EDITABLE)
    check_form(service, row["form"])
    missing = missing_documents(db, row, service, change.on, wanted="hand-in")
    if missing:
        raise Problem(409, "documents-missing", f"still wanted: {', '.join(missing)}", missing=missing)
    db.execute(VOID_REVIEWS, [row["number"]])
    due: dict[str, Any] = {}
    fee = service.fee_for(row["form"], change.on)
    if not row["fee_receipt"]:
        due = {
            "fee": to_minor(fee.amount, fee.currency) if fee else None,
            "fee_currency": fee.currency if fee else "",
        }
    return alter(
        db,
        row,
        change,
        state="submitted",
        submitted_on=change.on,
        submitted_at=change.at,
        **FORGOTTEN,
        **due,
    )


def missing_documents(
    db: Connection, row: Row, service: Service, today: date, *, wanted: str | None = None
) -> list[str]:
    """Name the documents that the form calls for and nobody has brought; all, or those wanted at a point."""
    brought = {
        each["kind"]
        for each in db.execute(
            "SELECT kind FROM application_documents WHERE application = %s", [row["number"]]
        )
    }
    return [
        each.id
        for each in service.definition.documents_for(row["form"], today)
        if each.id not in brought and wanted in (None, each.wanted)
    ]


def record_fee(db: Connection, row: Row, receipt: str, change: Change) -> Row:
    """Note that the fee was paid. The same receipt again changes nothing."""
    if row["fee_receipt"] == receipt and receipt:
        return row
    if row["fee"] is None:
        raise Problem(409, "no-fee-due", "no fee is due for this application")
    if row["fee_receipt"]:
        raise Problem(409, "fee-paid", "the fee was paid already, with another receipt")
    require_state(row, *UNDECIDED)
    return alter(db, row, change, fee_receipt=receipt, fee_paid_on=change.on)


def add_operator_data(db: Connection, row: Row, data: Mapping[str, Any], change: Change) -> Row:
    """Keep what an officer adds, beside the applicant's form and never in it."""
    if row["operator_data"] == data:
        return row
    require_state(row, *UNDECIDED)
    return alter(db, row, change, operator_data=Jsonb(data))


def appeal(db: Connection, row: Row, change: Change) -> Row:
    """Bring a rejected application back into review, to be verified afresh."""
    if row["state"] == "in-review":
        return row
    require_state(row, "rejected")
    return alter(db, row, change, state="in-review", decided_on=None, decided_by="", **FORGOTTEN)


def require_state(row: Row, *states: str) -> None:
    """Raises Problem 409 when the application is in none of the states."""
    if row["state"] not in states:
        raise Problem(
            409,
            "wrong-state",
            f"the application is {row['state']}; this is done while it is {' or '.join(states)}",
            state=row["state"],
        )


def alter(db: Connection, row: Row, change: Change, **values: Any) -> Row:
    """Write columns (names are ours, never a caller's). Raises Problem 409 when somebody was faster."""
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in values
    )
    statement = sql.SQL(
        "UPDATE applications SET version = version + 1, {}"
        " WHERE number = %(number)s AND version = %(version)s RETURNING *"
    ).format(assignments)
    altered = db.execute(statement, {**values, "number": row["number"], "version": row["version"]}).fetchone()
    if altered is None:
        raise Problem(409, "changed-meanwhile", "the application was changed meanwhile: read it again")
    _note(db, row["number"], altered["state"], change)
    roles = find_service(db, row["service"]).roles
    tasks.follow(db, roles, row, altered, by=change.by, at=change.at)
    return altered


def history_of(db: Connection, number: int) -> list[Row]:
    """Give what has happened to an application, oldest first."""
    return db.execute("SELECT * FROM history WHERE application = %s ORDER BY id", [number]).fetchall()


def identify(row: Row) -> str:
    """Give an application's id."""
    return row["file_id"] or f"A{row['number']:09}"


def describe(row: Row) -> dict[str, Any]:
    """Tell an application; every answer about one has this shape."""
    score, fee = row["score"], row["fee"]
    return {
        "id": identify(row),
        "service": row["service"],
        "individualId": row["individual_id"],
        "state": row["state"],
        "status": status_of(row),
        "form": row["form"],
        "checks": row["checks"],
        "recommendation": row["recommendation"],
        "reason": row["reason"],
        "score": None if score is None else to_number(score),
        "amount": None if row["amount"] is None else to_major(row["amount"], row["currency"]),
        "currency": row["currency"],
        "household": row["household"],
        "fee": None if fee is None else to_major(fee, row["fee_currency"]),
        "feeCurrency": row["fee_currency"],
        "feeReceipt": row["fee_receipt"],
        "feeDueOn": _day(row["fee_due_on"]),
        "feeLate": None if row["fee_late"] is None else to_major(row["fee_late"], row["fee_currency"]),
        "credential": row["credential"],
        "record": row["record"],
        "submittedOn": _day(row["submitted_on"]),
        "decidedOn": _day(row["decided_on"]),
        "decidedBy": row["decided_by"],
        "validUntil": _day(row["valid_until"]),
    }


def status_of(row: Row) -> str:
    """Tell an application's state in the words of GovStack's use cases; without one, it is NOT STARTED."""
    return "COMPLETED" if row["completed_on"] else STATUSES[row["state"]]


def to_number(value: Any) -> int | float:
    """Write a decimal as JSON does; a whole one without decimals."""
    return int(value) if value == value.to_integral_value() else float(value)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _note(db: Connection, number: int, state: str, change: Change) -> None:
    db.execute(
        "INSERT INTO history (application, state, changed_by, reason, changed_on)"
        " VALUES (%s, %s, %s, %s, %s)",
        [number, state, change.by, change.reason, change.on],
    )


def _digest(form: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()
