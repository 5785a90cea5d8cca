"""Opinions, visits and inspections, yearly fees, and how somebody's application stands."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from blocks.registration import acts, applications, reviews
from blocks.registration.acts import Office
from blocks.registration.allotment import LevyPolicy
from blocks.registration.applications import find, identify, status_of
from blocks.registration.levies import Order
from blocks.registration.people import require_one_of, require_own
from blocks.registration.policy import Currency
from blocks.registration.routes.wire import (
    Authorization,
    CaseId,
    DocumentKind,
    IndividualId,
    ServiceId,
    Text,
    Wire,
)
from blocks.registration.services import Service, find_service


class AssessmentBody(Wire):
    period: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    currency: Currency
    policy: LevyPolicy
    trial: bool = False


class VisitBody(Wire):
    notBefore: date | None = None  # noqa: N815  the wire's name


class ReviewBody(Wire):
    outcome: Literal["passed", "failed"]
    note: Text = ""


def make_router(office: Office) -> APIRouter:
    """Make the routes."""
    router = APIRouter()
    kit = office.kit

    @router.get("/applications/{id}/reviews")
    def list_reviews(id: CaseId, authorization: Authorization = None) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = find(db, id)
            service = find_service(db, row["service"])
            if not caller.is_person(row["individual_id"]):
                require_one_of(caller, *_officials(service))
            return {"reviews": reviews.list_reviews(db, service, row)}

    @router.post("/applications/{id}/reviews/{review}")
    def record_review(
        id: CaseId, review: DocumentKind, body: ReviewBody, authorization: Authorization = None
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        return acts.record_review(office, caller, id, review, body.outcome, body.note)

    @router.post("/applications/{id}/reviews/{review}/visit")
    def book_visit(
        id: CaseId, review: DocumentKind, body: VisitBody, authorization: Authorization = None
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        return acts.book_visit(office, caller, id, review, body.notBefore)

    @router.post("/services/{service}/assessments")
    def assess_fees(
        service: ServiceId, body: AssessmentBody, authorization: Authorization = None
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        order = Order(period=body.period, currency=body.currency, policy=body.policy, trial=body.trial)
        return acts.assess_fees(office, caller, service, order)

    @router.get("/services/{service}/standing")
    def read_standing(
        service: ServiceId,
        individual: Annotated[IndividualId, Query(alias="individualId")],
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            found = find_service(db, service)
            if not caller.may_act_as(*_officials(found)):
                require_own(caller, individual)
            count, newest = applications.list_page(
                db, [service], None, None, individual, limit=1, offset=0, descending=True
            )
        row = newest[0] if newest else None
        return {
            "individualId": individual,
            "applications": count,
            "newest": identify(row) if row else "",
            "status": status_of(row) if row else "NOT STARTED",
            "reason": row["reason"] if row else "",
        }

    return router


def _officials(service: Service) -> list[str]:
    """Name the roles that may look at an application of a service."""
    definition = service.definition
    roles = (definition.roles.officer, definition.roles.cashier)
    others = (each.role for each in (*definition.reviews, *definition.inspections))
    return [role for role in (*roles, *others) if role is not None]
