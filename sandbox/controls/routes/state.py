"""Reset, plantings and faults: what an exercise does to the world."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, model_validator

from sandbox.controls.desk import Desk


class PlantWish(BaseModel):
    individualId: str  # noqa: N815  the wire's name
    block: str
    change: dict[str, Any] | None = None
    event: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> PlantWish:
        if (self.change is None) == (self.event is None):
            raise ValueError("say either 'change' or 'event'")
        return self


class FaultWish(BaseModel):
    fault: str
    block: str
    operation: str | None = None
    times: int | None = None
    milliseconds: int | None = None


def make_router(desk: Desk) -> APIRouter:
    """Serve them."""
    router = APIRouter()

    @router.post("/reset")
    def reset() -> dict[str, str]:
        return {"today": desk.resets.reset()}

    @router.post("/plants", status_code=201)
    def plant(wish: PlantWish) -> dict[str, str]:
        desk.citizens.require(wish.individualId)
        with desk.gate() as gate:
            gate.plant(wish.model_dump(exclude_none=True))
        return {"plantId": f"plant-{secrets.token_hex(6)}"}

    @router.post("/faults", status_code=201)
    def inject_fault(wish: FaultWish) -> dict[str, str]:
        with desk.gate() as gate:
            return {"faultId": str(gate.set_fault(wish.model_dump(exclude_none=True))["faultId"])}

    @router.delete("/faults", status_code=204)
    def clear_faults() -> Response:
        with desk.gate() as gate:
            gate.clear_faults()
        return Response(status_code=204)

    return router
