"""Payrolls: one person prepares, a second approves, a third releases."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from blockkit.app import Kit
from blocks.registration import payrolls
from blocks.registration.neighbours import Neighbours
from blocks.registration.payrolls import Order, describe, find
from blocks.registration.people import require_another, require_role
from blocks.registration.routes.wire import Authorization, BatchId, Period, Slug, Wire
from blocks.registration.services import find_service


class PrepareBody(Wire):
    service: Slug
    period: Period
    batchId: BatchId  # noqa: N815  the wire's name


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/payrolls")
    neighbours = Neighbours(kit.peers)

    @router.post("", status_code=201)
    def prepare_payroll(body: PrepareBody, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        order = Order(body.batchId, body.period, caller.individual_id, kit.clock.today())
        with kit.records.transaction() as db:
            service = find_service(db, body.service)
            require_role(caller, service.roles.maker)
            before = payrolls.find_same(db, service, order)
            if before is not None:
                return describe(db, before)
            beneficiaries = payrolls.list_beneficiaries(db, service)
        paid, excluded = payrolls.part_by_vital_status(neighbours, service, beneficiaries)
        with kit.records.transaction() as db:
            return describe(db, payrolls.write(db, service, order, paid, excluded))

    @router.get("/{id}")
    def read_payroll(id: BatchId, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = find(db, id)
            roles = find_service(db, row["service"]).roles
            if not caller.may_act_as(roles.maker, roles.checker):
                require_role(caller, roles.releaser)
            return describe(db, row)

    @router.post("/{id}/approval")
    def approve_payroll(id: BatchId, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = find(db, id, lock=True)
            require_another(caller, row["prepared_by"])
            require_role(caller, find_service(db, row["service"]).roles.checker)
            return describe(db, payrolls.approve(db, row, caller.individual_id, kit.clock.today()))

    @router.post("/{id}/release")
    def release_payroll(id: BatchId, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = find(db, id, lock=True)
            service = find_service(db, row["service"])
            require_another(caller, row["prepared_by"], row["approved_by"])
            require_role(caller, service.roles.releaser)
            if row["state"] == "released":
                return describe(db, row)
            row = payrolls.begin_release(db, row, caller.individual_id, kit.clock.today())
            instructions = payrolls.write_instructions(row, payrolls.read_items(db, row))
        source = service.definition.payment.sourceBB
        neighbours.validate_prepayment(row["batch_id"], source, instructions)
        neighbours.pay_bulk(
            row["batch_id"], source, instructions, programme=row["service"], period=row["period"]
        )
        with kit.records.transaction() as db:
            return describe(db, payrolls.end_release(db, row))

    return router
