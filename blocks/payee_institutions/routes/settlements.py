"""`settle`: the one way in which money reaches an institution."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from blockkit.app import Kit
from blockkit.money import to_minor
from blocks.payee_institutions.settlement import Instruction, settle, wants_time

SLOW_SECONDS = 2.0

Code = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]+$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Text = Annotated[str, StringConstraints(max_length=140, pattern=r"^[^\x00-\x1f]*$")]


class InstructionBody(BaseModel):
    """One credit, the amount in major units of its currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instructionId: Code  # noqa: N815  the wire's names
    accountNumber: Code  # noqa: N815
    payeeFunctionalId: Code  # noqa: N815
    amount: Annotated[Decimal, Field(gt=0, le=10**12, allow_inf_nan=False)]
    currency: Currency
    narration: Text = ""

    @model_validator(mode="after")
    def _fits_the_currency(self) -> InstructionBody:
        to_minor(self.amount, self.currency)
        return self


class SettlementBody(BaseModel):
    """Some credits that travel together; each is decided for itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settlementId: Code  # noqa: N815
    instructions: Annotated[tuple[InstructionBody, ...], Field(min_length=1, max_length=1000)]


def make_router(kit: Kit, pause: Callable[[float], None]) -> APIRouter:
    """Make the route of `settle`."""
    router = APIRouter()

    @router.post("/institutions/{institution}/settlements")
    def settle_instructions(institution: Code, body: SettlementBody) -> dict[str, Any]:
        instructions = [
            Instruction(
                instruction_id=one.instructionId,
                account_number=one.accountNumber,
                amount=to_minor(one.amount, one.currency),
                currency=one.currency,
                narration=one.narration,
            )
            for one in body.instructions
        ]
        with kit.records.transaction() as db:
            slow = wants_time(db, institution, instructions)
        if slow:
            pause(SLOW_SECONDS)
        with kit.records.transaction() as db:
            results = settle(db, institution, body.settlementId, instructions, kit.clock.today())
        return {
            "settlementId": body.settlementId,
            "results": [
                {
                    "instructionId": result.instruction_id,
                    "status": "credited" if result.credited else "rejected",
                    "reason": result.reason or "",
                    **({"claimBy": result.claim_by.isoformat()} if result.claim_by else {}),
                }
                for result in results
            ],
        }

    return router
