"""What waits for whom. Tasks follow from the states of applications and payrolls, nobody assigns them.

A task is opened and closed with its application's change, in the same transaction. `act` says what
completing it does (acts.py); `note` does nothing but keep what was entered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration.definitions import Roles
from blocks.registration.services import list_services

APPLICANT = "applicant"
"""The role of whoever applied, towards their own application."""

OFFICER_TASKS = {
    "submitted": ("verify", "verify the application"),
    "in-review": ("verify", "verify the application again after the appeal"),
    "verified": ("decide", "decide on the application"),
    "check-failed": ("decide", "decide on the application whose check failed"),
    "approving": ("complete", "complete the approval"),
}
CHECKER_TASKS = {"prepared": "check and approve the payroll"}
RELEASER_TASKS = {"approved": "release the payroll", "releasing": "complete the release of the payroll"}

FILE_ID = "coalesce(a.file_id, 'A' || lpad(a.number::text, 9, '0'))"
TASK_ID = "coalesce(t.task_id, 'T' || lpad(t.number::text, 9, '0'))"
SELECT = f"""
SELECT t.*, {TASK_ID} AS id, {FILE_ID} AS file, a.service, a.state, a.individual_id, a.submitted_on,
       s.definition ->> 'name' AS service_name, s.definition #>> '{{eForm,id}}' AS form_id
  FROM tasks t JOIN applications a ON a.number = t.application JOIN services s ON s.slug = a.service
"""  # noqa: S608  nothing of a caller's
ORDERS = {"created": "t.created_at", "name": "t.name", "description": "t.description", "id": "t.number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which open tasks are asked for; None leaves a criterion out."""

    roles: frozenset[str] | None = None
    individual_id: str = ""
    main_task: str | None = None
    file: str | None = None
    assignee: str | None = None
    first: int = 0
    most: int = 100
    order: str = "created"
    descending: bool = False


def follow(db: Connection, roles: Roles, before: Row, after: Row, *, by: str, at: datetime) -> None:
    """Close what a change has done, and open what it calls for."""
    moved = before["state"] != after["state"]
    if moved:
        _close(db, after["number"], by, at, keep="" if after["state"] == "rejected" else "take-fee")
        if after["state"] in OFFICER_TASKS:
            act, name = OFFICER_TASKS[after["state"]]
            _open(db, after, act, name, roles.officer, at)
        elif after["state"] == "correction":
            _open(db, after, "correct", "correct the application", APPLICANT, at)
    if after["fee"] is None or after["fee_receipt"]:
        db.execute(
            "UPDATE tasks SET done_on = %s, done_by = %s"
            " WHERE application = %s AND act = 'take-fee' AND done_on IS NULL",
            [at.date(), by, after["number"]],
        )
    elif roles.cashier and (before["fee"] is None or (moved and after["state"] == "submitted")):
        _open(db, after, "take-fee", "take the fee", roles.cashier, at)


def find_open(db: Connection, wanted: Wanted) -> list[Row]:
    """List open tasks: those of the roles, and the applicant's own."""
    order = ORDERS[wanted.order] + (" DESC" if wanted.descending else "")
    return db.execute(
        SELECT
        + f"""WHERE t.done_on IS NULL
          AND (%(roles)s::text[] IS NULL OR t.role = ANY(%(roles)s)
               OR (t.role = '{APPLICANT}' AND a.individual_id = %(individual)s))
          AND (%(main)s::text IS NULL OR t.main_task = %(main)s)
          AND (%(file)s::text IS NULL OR {FILE_ID} = %(file)s)
          AND (%(assignee)s::text IS NULL OR t.assignee = %(assignee)s)
        ORDER BY {order}, t.number LIMIT %(most)s OFFSET %(first)s""",
        {
            "roles": None if wanted.roles is None else sorted(wanted.roles),
            "individual": wanted.individual_id,
            "main": wanted.main_task,
            "file": wanted.file,
            "assignee": wanted.assignee,
            "most": wanted.most,
            "first": wanted.first,
        },
    ).fetchall()


def find_first(db: Connection, application: int) -> Row | None:
    """Find the oldest open task about an application."""
    return db.execute(
        f"{SELECT} WHERE t.application = %s AND t.done_on IS NULL ORDER BY t.number LIMIT 1", [application]
    ).fetchone()


def find(db: Connection, task_id: str) -> Row:
    """Find a task, open or done. Raises Problem 404."""
    row = db.execute(f"{SELECT} WHERE {TASK_ID} = %s", [task_id]).fetchone()
    if row is None:
        raise Problem(404, "no-such-task", "there is no task of this id")
    return row


def keep_variables(db: Connection, row: Row, variables: Mapping[str, Any], by: str, at: datetime) -> None:
    """Note with what a task was completed, and close it if its act hasn't."""
    db.execute(
        "UPDATE tasks SET variables = %s, done_by = CASE WHEN done_on IS NULL THEN %s ELSE done_by END,"
        " done_on = coalesce(done_on, %s) WHERE number = %s",
        [Jsonb(dict(variables)), by, at.date(), row["number"]],
    )


def list_tasks(db: Connection, role: str) -> list[dict[str, Any]]:
    """List the open tasks of a role about applications and payrolls, the oldest first."""
    found = find_open(db, Wanted(roles=frozenset([role]), most=10_000))
    tasks = [
        _task(role, row["service"], row["name"], row["created_on"], "application", row["file"])
        for row in found
    ]
    return tasks + list_payroll_tasks(db, role)


def list_payroll_tasks(db: Connection, role: str) -> list[dict[str, Any]]:
    """List the open tasks of a role about payrolls."""
    tasks: list[dict[str, Any]] = []
    for service in list_services(db):
        if role == service.roles.checker:
            tasks += _of_payrolls(db, role, service.slug, CHECKER_TASKS)
        if role == service.roles.releaser:
            tasks += _of_payrolls(db, role, service.slug, RELEASER_TASKS)
    return tasks


def _open(db: Connection, row: Row, act: str, name: str, role: str, at: datetime) -> None:
    assignee = row["individual_id"] if role == APPLICANT else ""
    db.execute(
        "INSERT INTO tasks (application, act, role, assignee, name, created_at, created_on)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [row["number"], act, role, assignee, name, at, at.date()],
    )


def _close(db: Connection, application: int, by: str, at: datetime, *, keep: str) -> None:
    db.execute(
        "UPDATE tasks SET done_on = %s, done_by = %s"
        " WHERE application = %s AND done_on IS NULL AND act NOT IN (%s, 'note')",
        [at.date(), by, application, keep],
    )


def _of_payrolls(db: Connection, role: str, service: str, titles: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[Row] = db.execute(
        "SELECT batch_id, state, prepared_on FROM payrolls"
        " WHERE service = %s AND state = ANY(%s) ORDER BY period",
        [service, list(titles)],
    ).fetchall()
    return [
        _task(role, service, titles[row["state"]], row["prepared_on"], "payroll", row["batch_id"])
        for row in rows
    ]


def _task(role: str, service: str, title: str, since: Any, kind: str, subject: str) -> dict[str, Any]:
    return {
        "id": f"{kind}-{subject}",
        "role": role,
        "service": service,
        "title": title,
        "kind": kind,
        "subject": subject,
        "since": since.isoformat(),
    }
