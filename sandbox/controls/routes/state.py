"""Reset, plantings and faults: what an exercise does to the world."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.controls.desk import Desk
from sandbox.errors import UsageError
from sandbox.model.faults import FAULTS

MOST_TIMES = 1_000_000
LONGEST_MILLISECONDS = 60_000


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
    model_config = ConfigDict(extra="forbid")

    fault: str
    block: str
    operation: str | None = None
    client: str | None = None
    times: int | None = Field(default=None, ge=1, le=MOST_TIMES)
    milliseconds: int | None = Field(default=None, ge=0, le=LONGEST_MILLISECONDS)


def make_router(desk: Desk) -> APIRouter:
    """Serve them."""
    router = APIRouter()

    @router.post("/reset")
    def reset() -> dict[str, str]:
        return {"today": desk.states.reset()}

    @router.post("/plants", status_code=201)
    def plant(wish: PlantWish) -> dict[str, str]:
        desk.citizens.require(wish.individualId)
        with desk.gate() as gate:
            gate.plant(wish.model_dump(exclude_none=True))
        return {"plantId": f"plant-{secrets.token_hex(6)}"}

    @router.post("/faults", status_code=201)
    def inject_fault(wish: FaultWish) -> dict[str, str]:
        if wish.fault not in FAULTS:
            raise UsageError(f"no fault is called {wish.fault!r}", hint=f"there are: {', '.join(FAULTS)}")
        with desk.gate() as gate:
            return {"faultId": str(gate.set_fault(wish.model_dump(exclude_none=True))["faultId"])}

    @router.get("/faults")
    def list_faults() -> dict[str, Any]:
        with desk.gate() as gate:
            planted = [_as_told(each) for each in gate.faults()]
        return {
            "count": len(planted),
            "faults": planted,
            "known": [each.model_dump(include={"name", "on", "means"}) for each in FAULTS.values()],
        }

    @router.delete("/faults", status_code=204)
    def clear_faults() -> Response:
        with desk.gate() as gate:
            gate.clear_faults()
        return Response(status_code=204)

    return router


def _as_told(planted: dict[str, Any]) -> dict[str, Any]:
    names = ("fault", "block", "operation", "client", "milliseconds")
    left = {} if planted["remaining"] is None else {"times": planted["remaining"]}
    return {"faultId": planted["id"], **{name: planted[name] for name in names}, **left}
