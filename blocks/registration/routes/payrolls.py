"""Payrolls: one person prepares, a second approves, a third releases."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from blockkit.records import Row
from blocks.registration import signatures
from blocks.registration.acts import Office
from blocks.registration.payrolls import describe, find
from blocks.registration.people import require_one_of
from blocks.registration.routes.wire import Authorization, BatchId, Period, ServiceId, Wire
from blocks.registration.services import find_service


class PrepareBody(Wire):
    service: ServiceId
    period: Period
    batchId: BatchId  # noqa: N815  the wire's name


def make_router(office: Office) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/payrolls")
    kit = office.kit

    def tell(row: Row) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return describe(db, row)

    @router.post("", status_code=201)
    def prepare_payroll(body: PrepareBody, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        return tell(signatures.prepare(office, caller, body.service, body.period, body.batchId))

    @router.get("/{id}")
    def read_payroll(id: BatchId, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = find(db, id)
            roles = find_service(db, row["service"]).roles
            require_one_of(caller, roles.maker, roles.checker, roles.releaser)
            return describe(db, row)

    @router.post("/{id}/approval")
    def approve_payroll(id: BatchId, authorization: Authorization = None) -> dict[str, Any]:
        return tell(signatures.approve(office, kit.access.caller(authorization), id))

    @router.post("/{id}/release")
    def release_payroll(id: BatchId, authorization: Authorization = None) -> dict[str, Any]:
        return tell(signatures.release(office, kit.access.caller(authorization), id))

    return router
