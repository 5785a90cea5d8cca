"""What every instance answers: that it lives, and that it is ready."""

from __future__ import annotations

from fastapi import APIRouter

from sandbox.controls.desk import Desk


def make_router(desk: Desk) -> APIRouter:
    """Serve them; the population was opened before the first request, so alive is ready."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    def readyz() -> dict[str, object]:
        return {"ready": True, "reason": "", "population": desk.citizens.manifest["digest"]}

    return router
