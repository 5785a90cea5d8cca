"""Applications and documents as the published contract has them: an application is handed in at once."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool

from blockkit.access import Caller
from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration import applications, documents, tasks
from blocks.registration.applications import EDITABLE, Change, describe, find
from blocks.registration.documents import PLACE
from blocks.registration.people import require_own, require_reader, require_role
from blocks.registration.published import write_file, write_line
from blocks.registration.routes.documents import limited
from blocks.registration.routes.wire import VISIBLE, Authorization, CaseId, IndividualId, ServiceId
from blocks.registration.services import Service, find_service, list_services

Form = Annotated[dict[str, Any], Field(max_length=100)]
Words = Annotated[str, StringConstraints(max_length=200, pattern=VISIBLE)]
SORTABLE = Literal[
    "created", "description", "id", "name", "nameCaseInsensitive", "assignee", "instanceId",
    "caseInstanceId", "executionId", "caseExecutionId", "dueDate", "priority",
]  # fmt: skip
First = Annotated[int, Query(alias="firstResult", ge=0, le=1_000_000)]
Most = Annotated[int, Query(alias="maxResult", ge=0, le=1_000)]
SortBy = Annotated[SORTABLE | None, Query(alias="sortBy")]
SortOrder = Annotated[Literal["asc", "desc"], Query(alias="sortOrder")]


Body = TypeVar("Body", bound=BaseModel)


class FormData(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    data: Form = Field(default_factory=dict)


class FileBody(BaseModel):
    """What an applicant sends; `created` and what else may come along says nothing that counts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    applicantId: IndividualId  # noqa: N815  the wire's names
    applicationName: Words = ""  # noqa: N815
    formData: FormData = FormData()  # noqa: N815
    documentUrls: Annotated[tuple[Words, ...], Field(max_length=50)] = ()  # noqa: N815


class OwnBody(BaseModel):
    """The form alone, as the step-by-step operations take it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    def answer(db: Connection, row: Row) -> dict[str, Any]:
        service = find_service(db, row["service"])
        return write_file(row, service, documents.list_linked(db, row["number"]))

    @router.post("/services/{service}/applications")
    async def file_application(
        request: Request, service: ServiceId, authorization: Authorization = None
    ) -> dict[str, Any]:
        sent = await read_body(request)
        return await run_in_threadpool(_file, service, sent, authorization)

    def _file(service_id: str, sent: Any, authorization: str | None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        body = _check(FileBody, sent)
        require_own(caller, body.applicantId)
        change = Change.now(kit.clock, caller.individual_id or body.applicantId)
        with kit.records.transaction() as db:
            service = find_service(db, service_id)
            row = applications.create(
                db, service, body.applicantId, body.formData.data, change, name=body.applicationName
            )
            if row["state"] in EDITABLE:
                _link_all(db, service, row, body.documentUrls)
                row = applications.submit(db, row, service, change)
            return answer(db, row)

    @router.get("/applications")
    def list_application_files(
        serviceId: ServiceId | None = None,  # noqa: N803  the contract's names
        applicantId: IndividualId | None = None,  # noqa: N803
        first: First = 0,
        most: Most = 100,
        sort_by: SortBy = None,
        sort_order: SortOrder = "asc",
        authorization: Authorization = None,
    ) -> list[dict[str, Any]]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            known = {each.slug: each for each in list_services(db)}
            seen = [slug for slug, each in known.items() if caller.may_act_as(each.roles.officer)]
            if not seen:
                applicantId = applicantId or caller.individual_id  # noqa: N806
                require_own(caller, applicantId)
                seen = list(known)
            _, rows = applications.list_page(
                db,
                seen,
                serviceId,
                None,
                applicantId,
                limit=most,
                offset=first,
                by_name=sort_by in ("name", "nameCaseInsensitive", "description"),
                descending=sort_order == "desc",
            )
            return [
                write_line(
                    row,
                    known[row["service"]],
                    tasks.find_first(db, row["number"]),
                    documents.list_linked(db, row["number"]),
                )
                for row in rows
            ]

    @router.get("/applications/{id}")
    def read_application(id: CaseId, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = find(db, id)
            require_reader(caller, row, find_service(db, row["service"]))
            return {**describe(row), **answer(db, row)}

    @router.put("/applications/{id}")
    async def update_application(
        request: Request, id: CaseId, authorization: Authorization = None
    ) -> dict[str, Any]:
        sent = await read_body(request)
        return await run_in_threadpool(_update, id, sent, authorization)

    def _update(id: str, sent: Any, authorization: str | None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        step_by_step = isinstance(sent, dict) and "form" in sent
        form = _check(OwnBody, sent).form if step_by_step else _check(FileBody, sent).formData.data
        with kit.records.transaction() as db:
            row = find(db, id, lock=True)
            service = find_service(db, row["service"])
            row = _replace(db, row, service, form, caller, officer_may=not step_by_step)
            return {**describe(row), **answer(db, row)}

    def _replace(
        db: Connection, row: Row, service: Service, form: dict[str, Any], caller: Caller, *, officer_may: bool
    ) -> Row:
        change = Change.now(kit.clock, caller.individual_id)
        applicants = row["state"] in EDITABLE if caller.anyone else caller.is_person(row["individual_id"])
        if applicants or not officer_may:
            require_own(caller, row["individual_id"])
            return applications.replace_form(db, row, service, form, change)
        require_role(caller, service.roles.officer)
        return applications.add_operator_data(db, row, form, change)

    return router


async def read_body(request: Request) -> Any:
    """Read JSON, or a form whose values may be JSON in turn. Raises Problem 400."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
            async with limited(request).form(max_files=0, max_fields=200) as form:
                return _unfold(
                    [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
                )
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Problem(400, "invalid-request", "the body is neither JSON nor a form") from None


def _unfold(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in pairs:
        if name == "documentUrls":
            urls = json.loads(value) if value.startswith("[") else [value]
            body.setdefault(name, []).extend(urls if isinstance(urls, list) else [value])
        elif name == "formData":
            body[name] = json.loads(value) if value.startswith("{") else {}
        else:
            body.setdefault(name, value)
    return body


def _check(form: type[Body], sent: Any) -> Body:
    try:
        return form.model_validate(sent)
    except ValidationError as error:
        faults = [
            {"at": "/".join(str(part) for part in fault["loc"]), "wanted": fault["msg"]}
            for fault in error.errors()
        ]
        raise Problem(
            400, "invalid-request", "the request does not fit the contract", faults=faults[:20]
        ) from None


def _link_all(db: Connection, service: Service, row: Row, urls: tuple[str, ...]) -> None:
    """Link what lies here; an address of somewhere else is no document of ours."""
    for url in urls:
        if url.startswith(PLACE):
            document = documents.find(db, url)
            documents.link(db, service, row, document, document["kind"])
