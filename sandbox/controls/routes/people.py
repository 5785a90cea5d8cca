"""Citizens, rounds, entitlements, log-in and references."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, model_validator

from sandbox.controls.citizens import Policy
from sandbox.controls.desk import Desk
from sandbox.controls.references import new_references
from sandbox.controls.tallies import tally

MOST_PICKED = 10_000


class PickWish(BaseModel):
    count: int = Field(ge=1, le=MOST_PICKED)
    where: str | None = None
    persona: str | None = None


class EntitlementWish(BaseModel):
    pickId: str  # noqa: N815  the wire's name
    policy: Policy
    without: list[str] = []


class RoundWish(BaseModel):
    items: list[Any]


class LogInWish(BaseModel):
    individualId: str | None = None  # noqa: N815
    role: str | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> LogInWish:
        if (self.individualId is None) == (self.role is None):
            raise ValueError("say either individualId or role")
        return self


class TallyWish(BaseModel):
    items: list[Any]
    sum: str | None = None
    unique: str | None = None


class ReferenceWish(BaseModel):
    lengths: dict[str, int]


def make_router(desk: Desk) -> APIRouter:
    """Serve them."""
    router = APIRouter()

    @router.post("/picks", status_code=201)
    def pick_citizens(wish: PickWish) -> dict[str, Any]:
        citizens = desk.citizens.pick(wish.count, wish.where, wish.persona)
        return {"pickId": desk.turns.open("pick", citizens), "count": len(citizens), "citizens": citizens}

    @router.post("/picks/{pick_id}/next")
    def next_citizen(pick_id: str) -> dict[str, Any]:
        citizen, position, more = desk.turns.next(pick_id)
        return {"citizen": citizen, "position": position, "more": more}

    @router.post("/entitlements")
    def expect_entitlements(wish: EntitlementWish) -> dict[str, Any]:
        left_out = set(wish.without)
        ids = [citizen["individualId"] for citizen in desk.turns.items(wish.pickId)]
        found = desk.citizens.entitlements([each for each in ids if each not in left_out], wish.policy)
        items = [
            {
                "individualId": each.individual_id,
                "payeeFunctionalId": each.functional_id,
                "givenName": each.given_name,
                "score": each.score,
                "amount": number(each.amount),
            }
            for each in found
        ]
        total = sum((each.amount for each in found), Decimal(0))
        return {
            "count": len(items),
            "total": number(total),
            "currency": wish.policy.currency,
            "items": items,
        }

    @router.post("/rounds", status_code=201)
    def open_round(wish: RoundWish) -> dict[str, Any]:
        return {"roundId": desk.turns.open("round", wish.items), "count": len(wish.items)}

    @router.post("/rounds/{round_id}/next")
    def next_item(round_id: str) -> dict[str, Any]:
        item, position, more = desk.turns.next(round_id)
        return {"item": item, "position": position, "more": more}

    @router.post("/log-ins", status_code=201)
    def log_in(wish: LogInWish, response: Response) -> dict[str, Any]:
        response.headers["Cache-Control"] = "no-store"
        return desk.log_in.token(wish.individualId or f"STAFF-{wish.role}")

    @router.post("/tallies")
    def add_up(wish: TallyWish) -> dict[str, Any]:
        found = tally(wish.items, sum_field=wish.sum, unique_field=wish.unique)
        return {
            "count": found.count,
            "sum": number(found.sum),
            "distinct": found.distinct,
            "repeated": list(found.repeated),
        }

    @router.post("/references", status_code=201)
    def references(wish: ReferenceWish) -> dict[str, str]:
        return new_references(wish.lengths)

    return router


def number(value: Decimal) -> int | float:
    """Write a decimal as a JSON number: whole ones without a fraction."""
    return int(value) if value == value.to_integral_value() else float(value)
