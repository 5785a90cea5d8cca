"""What officials do: verify, decide, take the fee. Never on their own application."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import model_validator

from blocks.registration import acts
from blocks.registration.acts import Office
from blocks.registration.applications import describe
from blocks.registration.routes.wire import Authorization, CaseId, Receipt, Text, Wire


class DecisionBody(Wire):
    decision: Literal["approve", "reject", "correction"]
    reason: Text = ""

    @model_validator(mode="after")
    def _says_why(self) -> DecisionBody:
        if (self.decision == "approve") == bool(self.reason):
            raise ValueError("whoever is not approved is told the reason; an approval has none")
        return self


class FeeBody(Wire):
    receipt: Receipt


def make_router(office: Office) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/applications")
    access = office.kit.access

    @router.post("/{id}/verification")
    def verify_application(id: CaseId, authorization: Authorization = None) -> dict[str, Any]:
        return describe(acts.verify(office, access.caller(authorization), id))

    @router.post("/{id}/decision")
    def decide_application(
        id: CaseId,
        body: DecisionBody,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        caller = access.caller(authorization)
        return describe(acts.decide(office, caller, id, body.decision, body.reason))

    @router.post("/{id}/fee")
    def record_fee(id: CaseId, body: FeeBody, authorization: Authorization = None) -> dict[str, Any]:
        return describe(acts.take_fee(office, access.caller(authorization), id, body.receipt))

    return router
