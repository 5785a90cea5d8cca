"""What an enrolment officer does: verify and decide. Never on their own application."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import model_validator

from blockkit.access import Caller
from blockkit.app import Kit
from blockkit.records import Connection, Row
from blocks.registration import decisions, verification
from blocks.registration.applications import Change, describe, find
from blocks.registration.neighbours import Neighbours
from blocks.registration.people import require_another, require_role
from blocks.registration.routes.wire import Authorization, Text, Wire
from blocks.registration.services import Service, find_service


class DecisionBody(Wire):
    decision: Literal["approve", "reject", "correction"]
    reason: Text = ""

    @model_validator(mode="after")
    def _says_why(self) -> DecisionBody:
        if (self.decision == "approve") == bool(self.reason):
            raise ValueError("whoever is not approved is told the reason; an approval has none")
        return self


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/applications")
    neighbours = Neighbours(kit.peers)

    def read(
        db: Connection, application_id: str, caller: Caller, *, lock: bool = False
    ) -> tuple[Row, Service]:
        row = find(db, application_id, lock=lock)
        service = find_service(db, row["service"])
        require_role(caller, service.roles.officer)
        require_another(caller, row["individual_id"])
        return row, service

    @router.post("/{id}/verification")
    def verify_application(id: str, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row, service = read(db, id, caller)
        found = verification.find_out(neighbours, service, row)  # no transaction waits for other blocks
        change = Change(caller.individual_id, kit.clock.today())
        with kit.records.transaction() as db:
            return describe(verification.conclude(db, service, row, found, change))

    @router.post("/{id}/decision")
    def decide_application(
        id: str,
        body: DecisionBody,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        change = Change(caller.individual_id, kit.clock.today(), body.reason)
        with kit.records.transaction() as db:
            row, service = read(db, id, caller, lock=True)
            if body.decision == "reject":
                return describe(decisions.reject(db, row, change))
            if body.decision == "correction":
                return describe(decisions.send_back(db, row, change))
            row = decisions.begin_approval(db, row, change)
        if row["state"] == "approving":
            row = decisions.complete_approval(kit.records, neighbours, service, row, change)
        return describe(row)

    return router
