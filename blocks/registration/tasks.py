"""What waits for whom: tasks follow from the states of applications and payrolls, nobody assigns them."""

from __future__ import annotations

from typing import Any

from blockkit.records import Connection, Row
from blocks.registration.applications import identify
from blocks.registration.services import list_services

OFFICER_TASKS = {
    "submitted": "verify the application",
    "in-review": "verify the application again after the appeal",
    "verified": "decide on the application",
    "check-failed": "decide on the application whose check failed",
    "approving": "complete the approval",
}
CHECKER_TASKS = {"prepared": "check and approve the payroll"}
RELEASER_TASKS = {"approved": "release the payroll", "releasing": "complete the release of the payroll"}


def list_tasks(db: Connection, role: str) -> list[dict[str, Any]]:
    """List the open tasks of a role, the oldest first."""
    tasks: list[dict[str, Any]] = []
    for service in list_services(db):
        if role == service.roles.officer:
            rows = db.execute(
                "SELECT number, state, submitted_on FROM applications"
                " WHERE service = %s AND state = ANY(%s) ORDER BY submitted_on, number",
                [service.slug, list(OFFICER_TASKS)],
            )
            tasks += [
                _task(
                    role,
                    service.slug,
                    OFFICER_TASKS[row["state"]],
                    row["submitted_on"],
                    "application",
                    identify(row),
                )
                for row in rows
            ]
        if role == service.roles.checker:
            tasks += _of_payrolls(db, role, service.slug, CHECKER_TASKS)
        if role == service.roles.releaser:
            tasks += _of_payrolls(db, role, service.slug, RELEASER_TASKS)
    return tasks


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
