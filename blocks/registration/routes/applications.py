"""What an applicant does step by step, and how applications are read; `files.py` has the published way."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from blockkit.access import Caller
from blockkit.app import Kit
from blockkit.records import Connection, Row
from blocks.registration import applications, documents
from blocks.registration.applications import Change, describe, find
from blocks.registration.people import require_own, require_reader
from blocks.registration.routes.wire import (
    Authorization,
    CaseId,
    DocumentKind,
    IndividualId,
    ServiceId,
    Text,
    Wire,
)
from blocks.registration.services import find_service, list_services

State = Literal[
    "draft",
    "submitted",
    "in-review",
    "correction",
    "verified",
    "check-failed",
    "approving",
    "approved",
    "rejected",
]
Form = Annotated[dict[str, Any], Field(max_length=100)]


class CreateBody(Wire):
    service: ServiceId
    individualId: IndividualId  # noqa: N815  the wire's name
    form: Form


class LinkBody(Wire):
    url: Annotated[str, StringConstraints(pattern=r"^/documents/[0-9a-f]{32}$")]
    kind: DocumentKind


class AppealBody(Wire):
    reason: Text = ""


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    def change(caller: Caller, reason: str = "") -> Change:
        return Change.now(kit.clock, caller.individual_id, reason)

    def own(db: Connection, application_id: str, caller: Caller) -> Row:
        row = find(db, application_id, lock=True)
        require_own(caller, row["individual_id"])
        return row

    @router.post("/applications", status_code=201)
    def create_application(body: CreateBody, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        require_own(caller, body.individualId)
        with kit.records.transaction() as db:
            service = find_service(db, body.service)
            return describe(applications.create(db, service, body.individualId, body.form, change(caller)))

    @router.get("/worklist/applications")
    def list_applications(
        service: ServiceId | None = None,
        state: State | None = None,
        individual: Annotated[IndividualId | None, Query(alias="individualId")] = None,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=10_000)] = 100,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            known = list_services(db)
            seen = [each.slug for each in known if caller.may_act_as(each.roles.officer)]
            if not seen:
                individual = individual or caller.individual_id
                require_own(caller, individual)
                seen = [each.slug for each in known]
            count, rows = applications.list_page(
                db, seen, service, state, individual, limit=page_size, offset=(page - 1) * page_size
            )
        return {"count": count, "applications": [describe(row) for row in rows]}

    @router.get("/applications/{id}/documents")
    def list_documents(id: CaseId, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = find(db, id)
            service = find_service(db, row["service"])
            require_reader(caller, row, service)
            linked = documents.list_linked(db, row["number"])
            missing = applications.missing_documents(db, row, service, kit.clock.today())
        return {"documents": [documents.describe(each) for each in linked], "missing": missing}

    @router.post("/applications/{id}/documents")
    def attach_document(id: CaseId, body: LinkBody, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = own(db, id, caller)
            service = find_service(db, row["service"])
            document = documents.find(db, body.url)
            documents.link(db, service, row, document, body.kind)
            linked = documents.list_linked(db, row["number"])
            missing = applications.missing_documents(db, row, service, kit.clock.today())
        return {"documents": [documents.describe(each) for each in linked], "missing": missing}

    @router.post("/applications/{id}/submit")
    def submit_application(id: CaseId, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = own(db, id, caller)
            service = find_service(db, row["service"])
            return describe(applications.submit(db, row, service, change(caller)))

    @router.post("/applications/{id}/appeal")
    def appeal_application(
        id: CaseId,
        body: AppealBody | None = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        reason = body.reason if body else ""
        with kit.records.transaction() as db:
            return describe(applications.appeal(db, own(db, id, caller), change(caller, reason)))

    return router
