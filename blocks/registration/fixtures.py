"""The state that GovStack's harness presupposes: services, application files and tasks, entered as data.

They become rows like all others; a service that a file or a task only mentions is entered with what is
said of it. Nothing is answered from the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from psycopg.types.json import Json, Jsonb
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from blockkit.fixtures import FixturesUnusable
from blockkit.records import Connection
from blocks.registration.definitions import Definition

OFFICER = "operator"
"""Who handles a service of which no file says it."""
UNKNOWN = "unknown"
"""The applicant of a file that is only mentioned."""
STATES = {"PENDING": "submitted", "SENDBACK": "correction", "REJECTED": "rejected", "APPROVED": "approved"}
Text = Annotated[str, Field(max_length=400)]


class Entry(BaseModel):
    """A part of the document; the harness's files say more than a block has to know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Status(Entry):
    """In the published contract's words."""

    code: str = "PENDING"


class FormEntry(Entry):
    """An e-form."""

    eFormId: Text  # noqa: N815  the document's names
    name: Text = "Form"
    json_schema: dict[str, Any] = Field(alias="schema", default_factory=dict)


class ServiceEntry(Entry):
    """A service with its forms."""

    id: Text
    name: Text
    version: Text = "1"
    description: Text = ""
    type: str = "Public"
    isExecutable: bool = True  # noqa: N815
    isClosed: bool = False  # noqa: N815
    serviceBody: list[dict[str, str]] = Field(default_factory=list)  # noqa: N815
    eForms: list[FormEntry] = Field(min_length=1)  # noqa: N815


class FileEntry(Entry):
    """An application file with the task that waits about it."""

    fileId: Text  # noqa: N815
    applicantId: Text  # noqa: N815
    serviceId: Text  # noqa: N815
    serviceName: Text = "Service"  # noqa: N815
    eformId: Text = "form"  # noqa: N815
    mainTaskId: Text = ""  # noqa: N815
    taskTitle: Text = "Application"  # noqa: N815
    roleId: Text = OFFICER  # noqa: N815
    assigneeId: Text = ""  # noqa: N815
    operatorName: Text = ""  # noqa: N815
    description: Text = ""
    status: Status = Status()
    created: datetime
    registered: datetime
    additionalMeta: dict[str, Any] = Field(default_factory=dict)  # noqa: N815


class TaskEntry(Entry):
    """A task."""

    taskId: Text  # noqa: N815
    fileId: Text  # noqa: N815
    serviceId: Text  # noqa: N815
    serviceName: Text = "Service"  # noqa: N815
    eFormId: Text = "form"  # noqa: N815
    mainTaskId: Text = ""  # noqa: N815
    taskName: Text = ""  # noqa: N815
    name: Text = ""
    roleId: Text = OFFICER  # noqa: N815
    assigneeId: Text = ""  # noqa: N815
    description: Text = ""
    created: datetime
    data: dict[str, Any] = Field(default_factory=dict)


class Document(Entry):
    """The whole of it."""

    services: list[ServiceEntry] = Field(default_factory=list)
    applications: list[FileEntry] = Field(default_factory=list)
    tasks: list[TaskEntry] = Field(default_factory=list)


def enter(db: Connection, document: Any) -> None:
    """Write a document into the tables. Raises FixturesUnusable."""
    try:
        read = Document.model_validate(document)
        for service in read.services:
            _enter_service(db, service, _officer_of(read, service.id))
        for file in read.applications:
            _mention_service(db, file.serviceId, file.serviceName, file.eformId, file.roleId)
            _enter_file(db, file)
        for task in read.tasks:
            _mention_service(db, task.serviceId, task.serviceName, task.eFormId, task.roleId)
            _enter_task(db, task)
    except ValidationError as error:
        fault = error.errors()[0]
        place = "/".join(str(part) for part in fault["loc"])
        raise FixturesUnusable(f"{place}: {fault['msg']}") from None


def _officer_of(document: Document, service: str) -> str:
    return next((each.roleId for each in document.applications if each.serviceId == service), OFFICER)


def _enter_service(db: Connection, entry: ServiceEntry, officer: str) -> None:
    form = next(iter(entry.eForms))
    published = {
        "type": entry.type,
        "isExecutable": entry.isExecutable,
        "isClosed": entry.isClosed,
        "serviceBody": entry.serviceBody,
    }
    _define(db, entry.id, entry.name, form, officer, published, entry.version, entry.description)


def _mention_service(db: Connection, service: str, name: str, form: str, officer: str) -> None:
    _define(db, service, name, FormEntry(eFormId=form, schema={}), officer, {}, "1", "")


def _define(
    db: Connection,
    service: str,
    name: str,
    form: FormEntry,
    officer: str,
    published: Mapping[str, Any],
    version: str,
    description: str,
) -> None:
    definition = {
        "service": service,
        "name": name,
        "version": version,
        "description": description,
        "applications": "many",
        "eForm": {"id": form.eFormId, "name": form.name, "schema": form.json_schema},
        "roles": {"officer": officer},
        "decision": "checks",
    }
    Definition.model_validate(definition)
    db.execute(
        "INSERT INTO services (slug, definition, published) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [service, Json(definition), Jsonb(dict(published))],
    )


def _enter_file(db: Connection, entry: FileEntry) -> None:
    state = STATES.get(entry.status.code, "submitted")
    recommendation = "approve" if state == "approved" else ""
    made = db.execute(
        "INSERT INTO applications (file_id, service, individual_id, occasion, name, form, operator_data,"
        " state, recommendation, created_at, submitted_on, submitted_at, decided_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING number",
        [
            *(entry.fileId, entry.serviceId, entry.applicantId, entry.fileId, entry.description, Jsonb({})),
            *(Jsonb(entry.additionalMeta.get("data", {})), state, recommendation, entry.created),
            *(entry.registered.date(), entry.registered, entry.operatorName),
        ],
    ).fetchone()
    assert made is not None
    if state == "submitted":
        db.execute(
            "INSERT INTO tasks (main_task, application, act, role, assignee, name, created_at, created_on)"
            " VALUES (%s, %s, 'verify', %s, %s, %s, %s, %s)",
            [
                *(entry.mainTaskId, made["number"], entry.roleId, entry.assigneeId, entry.taskTitle),
                *(entry.registered, entry.registered.date()),
            ],
        )


def _enter_task(db: Connection, entry: TaskEntry) -> None:
    """Enter a task; the file it is about, if it is only mentioned, is entered as one that waits."""
    db.execute(
        "INSERT INTO applications (file_id, service, individual_id, occasion, form, state, created_at,"
        " submitted_on, submitted_at) VALUES (%s, %s, %s, %s, '{}', 'submitted', %s, %s, %s)"
        " ON CONFLICT (file_id) DO NOTHING",
        [
            *(entry.fileId, entry.serviceId, UNKNOWN, entry.fileId, entry.created),
            *(entry.created.date(), entry.created),
        ],
    )
    db.execute(
        "INSERT INTO tasks (task_id, main_task, application, act, role, assignee, name, description,"
        " created_at, created_on, variables)"
        " SELECT %s, %s, number, 'note', %s, %s, %s, %s, %s, %s, %s FROM applications WHERE file_id = %s",
        [
            *(entry.taskId, entry.mainTaskId, entry.roleId, entry.assigneeId, entry.taskName or entry.name),
            *(entry.description, entry.created, entry.created.date(), Jsonb(entry.data), entry.fileId),
        ],
    )
