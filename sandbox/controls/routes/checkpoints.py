"""Checkpoints: the state of all blocks, kept under a name and brought back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.controls.desk import Desk
from sandbox.controls.notes import Checkpoint

NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
Name = Annotated[str, Path(pattern=NAME)]


class CheckpointWish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME)


def make_router(desk: Desk) -> APIRouter:
    """Serve them."""
    router = APIRouter()

    @router.post("/checkpoints", status_code=201)
    def save_checkpoint(wish: CheckpointWish) -> dict[str, Any]:
        return _as_told(desk.states.save(wish.name))

    @router.get("/checkpoints")
    def list_checkpoints() -> dict[str, Any]:
        found = [_as_told(each) for each in desk.states.checkpoints()]
        return {"count": len(found), "checkpoints": found}

    @router.post("/checkpoints/{name}/restore")
    def restore_checkpoint(name: Name) -> dict[str, str]:
        return {"today": desk.states.restore(name)}

    @router.delete("/checkpoints/{name}", status_code=204)
    def delete_checkpoint(name: Name) -> Response:
        desk.states.remove(name)
        return Response(status_code=204)

    return router


def _as_told(each: Checkpoint) -> dict[str, Any]:
    return {
        "checkpointId": each.id,
        "name": each.name,
        "today": each.today.isoformat(),
        "savedAt": each.saved_at.isoformat(),
    }
