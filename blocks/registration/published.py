"""How applications, tasks and forms read in the published contract; the same rows, in its words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from blockkit.records import Row
from blocks.registration.applications import identify
from blocks.registration.documents import locate
from blocks.registration.services import Service

STATUSES = {"correction": "SENDBACK", "approved": "APPROVED", "rejected": "REJECTED"}
"""Of our states; everything else is PENDING."""
TITLES = {"PENDING": "Pending", "APPROVED": "Approved", "SENDBACK": "Sent back", "REJECTED": "Rejected"}


def write_status(state: str) -> dict[str, str]:
    """Write a state in the contract's four words."""
    code = STATUSES.get(state, "PENDING")
    return {"code": code, "title": TITLES[code]}


def write_file(row: Row, service: Service, documents: Sequence[Row]) -> dict[str, Any]:
    """Write an application file with what the applicant sent."""
    return {
        "fileId": identify(row),
        "applicantId": row["individual_id"],
        "registered": write_moment(row["submitted_at"] or row["created_at"]),
        "serviceId": row["service"],
        "serviceName": service.definition.name,
        "status": write_status(row["state"]),
        "ended": row["state"] in ("approved", "rejected"),
        "applicationData": {
            "applicationName": row["name"],
            "applicantId": row["individual_id"],
            "created": write_moment(row["created_at"]),
            "formData": {"data": row["form"], "eFormId": service.definition.eForm.id},
            "documentUrls": [locate(each) for each in documents],
        },
        "additionalMeta": {"data": row["operator_data"]},
    }


def write_line(row: Row, service: Service, task: Row | None, documents: Sequence[Row]) -> dict[str, Any]:
    """Write an application as a line of a list, with the task that waits about it."""
    return {
        "fileId": identify(row),
        "mainTaskId": (task["main_task"] or task["id"]) if task else "",
        "taskTitle": task["name"] if task else "",
        "roleId": task["role"] if task else "",
        "roleName": task["role"].replace("-", " ") if task else "",
        "assigneeId": task["assignee"] if task else "",
        "operatorName": row["decided_by"],
        "status": write_status(row["state"]),
        "applicantId": row["individual_id"],
        "created": write_moment(row["created_at"]),
        "registered": write_moment(row["submitted_at"] or row["created_at"]),
        "description": row["name"],
        "serviceName": service.definition.name,
        "serviceId": row["service"],
        "eformId": service.definition.eForm.id,
        "documentUrls": [locate(each) for each in documents],
        "additionalMeta": {"data": row["operator_data"]},
    }


def write_task(task: Row) -> dict[str, Any]:
    """Write a task as a line of a list."""
    return {
        "taskId": task["id"],
        "mainTaskId": task["main_task"] or task["id"],
        "name": task["name"],
        "assigneeId": task["assignee"],
        "roleId": task["role"],
        "created": write_moment(task["created_at"]),
        "description": task["description"],
        "serviceId": task["service"],
        "serviceName": task["service_name"],
        "fileId": task["file"],
        "eFormId": task["form_id"],
        "status": write_status(task["state"]),
    }


def write_task_with_form(task: Row, form: dict[str, Any]) -> dict[str, Any]:
    """Write one task with what it is about."""
    line = write_task(task)
    return {
        **{name: value for name, value in line.items() if name not in ("mainTaskId", "name")},
        "taskName": task["name"],
        "formVariables": {"form": form},
        "data": task["variables"],
    }


def write_completion(task: Row) -> dict[str, Any]:
    """Write what came of completing a task."""
    return {
        "taskId": task["id"],
        "fileId": task["file"],
        "serviceId": task["service"],
        "status": write_status(task["state"]),
        "variables": {"entered": {"data": task["variables"]}},
    }


def write_form(service: Service, *, with_schema: bool) -> dict[str, Any]:
    """Write an e-form."""
    form = service.definition.eForm
    line = {
        "eFormId": form.id,
        "name": form.name,
        "description": service.definition.description,
        "version": service.definition.version,
        "latest": True,
    }
    return {**line, "schema": form.json_schema} if with_schema else line


def write_moment(moment: datetime) -> str:
    """Write a moment as the contract's examples do."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
