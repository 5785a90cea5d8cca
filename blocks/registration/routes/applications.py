"""What an applicant does, and how applications are read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from blockkit.access import Caller
from blockkit.app import Kit
from blockkit.records import Connection, Row
from blocks.registration import applications
from blocks.registration.applications import Change, describe, find
from blocks.registration.people import require_own
from blocks.registration.routes.wire import Authorization, IndividualId, Slug, Text, Wire
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
    service: Slug
    individualId: IndividualId  # noqa: N815  the wire's name
    form: Form


class FormBody(Wire):
    form: Form


class AppealBody(Wire):
    reason: Text = ""


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/applications")

    def change(caller: Caller, reason: str = "") -> Change:
        return Change(caller.individual_id, kit.clock.today(), reason)

    def own(db: Connection, application_id: str, caller: Caller) -> Row:
        row = find(db, application_id, lock=True)
        require_own(caller, row["individual_id"])
        return row

    @router.post("", status_code=201)
    def create_application(body: CreateBody, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        require_own(caller, body.individualId)
        with kit.records.transaction() as db:
            service = find_service(db, body.service)
            return describe(applications.create(db, service, body.individualId, body.form, change(caller)))

    @router.get("")
    def list_applications(
        service: Slug | None = None,
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

    @router.get("/{id}")
    def read_application(id: str, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = find(db, id)
            officer = find_service(db, row["service"]).roles.officer
        if not caller.may_act_as(officer):
            require_own(caller, row["individual_id"])
        return describe(row)

    @router.put("/{id}")
    def update_application(
        id: str,
        body: FormBody,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = own(db, id, caller)
            service = find_service(db, row["service"])
            return describe(applications.replace_form(db, row, service, body.form, change(caller)))

    @router.post("/{id}/submit")
    def submit_application(id: str, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            return describe(applications.submit(db, own(db, id, caller), change(caller)))

    @router.post("/{id}/appeal")
    def appeal_application(
        id: str,
        body: AppealBody | None = None,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        reason = body.reason if body else ""
        with kit.records.transaction() as db:
            return describe(applications.appeal(db, own(db, id, caller), change(caller, reason)))

    return router
