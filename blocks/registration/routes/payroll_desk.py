"""The desk's pages for payrolls: prepare, approve, release, each by another person."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from blockkit.access import Caller
from blockkit.problems import Problem
from blockkit.signin import Visitor
from blocks.registration import payrolls, signatures
from blocks.registration.case_pages import show_payroll, show_payrolls
from blocks.registration.pages import HOME
from blocks.registration.people import require_one_of
from blocks.registration.routes.desk import Doors, Entered, read_entered_form
from blocks.registration.routes.wire import BatchId
from blocks.registration.services import Service, find_service, list_services

BATCH = re.compile(r"[A-Za-z0-9-]{12}")
PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def make_router(doors: Doors) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix=f"{HOME}/payrolls")
    desk, office = doors.desk, doors.office
    records = office.kit.records

    def _payers(caller: Caller, service: Service) -> bool:
        roles = (service.roles.maker, service.roles.checker, service.roles.releaser)
        return service.definition.payment is not None and caller.may_act_as(*(r for r in roles if r))

    def _list(visitor: Visitor, words: str = "") -> Response:
        with records.transaction() as db:
            seen = [each for each in list_services(db) if _payers(visitor.caller, each)]
            rows = payrolls.list_all(db, [each.slug for each in seen])
        made = [each for each in seen if each.roles.maker and visitor.caller.may_act_as(each.roles.maker)]
        return show_payrolls(desk, visitor, rows, made, words=words)

    def _show(visitor: Visitor, batch_id: str, words: str = "") -> Response:
        with records.transaction() as db:
            row = payrolls.find(db, batch_id)
            service = find_service(db, row["service"])
            roles = service.roles
            require_one_of(visitor.caller, roles.maker, roles.checker, roles.releaser)
            told = payrolls.describe(db, row)
        return show_payroll(desk, visitor, service, told, words=words)

    @router.get("")
    def list_payrolls(request: Request) -> Response:
        return doors.see(request, _list)

    @router.get("/{id}")
    def show(request: Request, id: BatchId) -> Response:
        return doors.see(request, lambda visitor: _show(visitor, id))

    @router.post("")
    async def prepare(request: Request) -> Response:
        def act(visitor: Visitor, entered: Entered) -> Response:
            batch, period = entered.get("batchId", ""), entered.get("period", "")
            if not BATCH.fullmatch(batch) or not PERIOD.fullmatch(period):
                return _list(
                    visitor, "A period is written as 2026-01, a number has twelve letters and digits."
                )
            try:
                signatures.prepare(office, visitor.caller, entered.get("service", ""), period, batch)
            except Problem as problem:
                return _list(visitor, problem.detail)
            return doors.go("payrolls", batch)

        return await run_in_threadpool(doors.act, request, await read_entered_form(request), act)

    def post(path: str, do: Callable[[Caller, str], Any]) -> None:
        """Serve a signature."""

        async def route(request: Request, id: BatchId) -> Response:
            def act(visitor: Visitor, _: Entered) -> Response:
                try:
                    do(visitor.caller, id)
                except Problem as problem:
                    return _show(visitor, id, problem.detail)
                return doors.go("payrolls", id)

            return await run_in_threadpool(doors.act, request, await read_entered_form(request), act)

        route.__name__ = f"sign_{path}"
        router.add_api_route(f"/{{id}}/{path}", route, methods=["POST"])

    post("approval", lambda caller, id: signatures.approve(office, caller, id))
    post("release", lambda caller, id: signatures.release(office, caller, id))
    return router
