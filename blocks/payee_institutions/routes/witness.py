"""What the witness testifies: which credits arrived at whom, and the totals of the ledger."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from blockkit.app import Kit
from blocks.payee_institutions.books import Question, find_credits_of, list_credits, read_totals
from blocks.payee_institutions.routes.settlements import Code, Currency
from blocks.payee_institutions.unclaimed import list_returns


class InstructionsBody(BaseModel):
    """The instructions that are asked about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instructionIds: Annotated[tuple[Code, ...], Field(min_length=1, max_length=1000)]  # noqa: N815


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/credits")
    def credits_of(
        payee: Code | None = None,
        accountNumber: Code | None = None,  # noqa: N803
        instructionPrefix: Code | None = None,  # noqa: N803
        since: date | None = None,
        until: date | None = None,
        currency: Currency | None = None,
        limit: Annotated[int, Query(ge=0, le=10_000)] = 1000,
    ) -> dict[str, Any]:
        question = Question(
            payee=payee,
            account_number=accountNumber,
            prefix=instructionPrefix,
            since=since,
            until=until,
            currency=currency,
        )
        with kit.records.transaction() as db:
            return list_credits(db, question, limit)

    @router.post("/credits/search")
    def find_credits(body: InstructionsBody) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return {"credits": find_credits_of(db, body.instructionIds)}

    @router.post("/institutions/{institution}/returns")
    def find_returns(institution: Code, body: InstructionsBody) -> dict[str, Any]:
        with kit.records.transaction() as db:
            returned = list_returns(db, institution, body.instructionIds)
        return {"asOf": kit.clock.today().isoformat(), "returns": returned}

    @router.get("/totals")
    def totals() -> dict[str, Any]:
        with kit.records.transaction() as db:
            return read_totals(db)

    return router
