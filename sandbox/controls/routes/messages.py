"""Callbacks that arrived, and exchanges that crossed the mediator."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from sandbox.controls.desk import Desk

MOST_LISTED = 500


def make_router(desk: Desk) -> APIRouter:
    """Serve them."""
    router = APIRouter()

    @router.get("/messages")
    def await_message(
        correlation_id: str = Query(alias="correlationId"),
        kind: str = "",
        seconds: int = Query(default=10, alias="timeoutSeconds", ge=0, le=30),
    ) -> Any:
        with desk.gate() as gate:
            message = gate.await_message(correlation=correlation_id, kind=kind, seconds=seconds)
        if message is not None:
            return message
        detail = f"no message with correlation id {correlation_id!r} came within {seconds} s"
        return JSONResponse(
            {
                "type": "urn:civic-sandbox:problem/no-message",
                "title": "no message",
                "status": 408,
                "detail": detail,
            },
            status_code=408,
            media_type="application/problem+json",
        )

    @router.get("/exchanges")
    def list_exchanges(
        application: str = "",
        client: str = "",
        individual: str = "",
        refused: str = "",
        operation: str = "",
        fault: str = "",
        since: Annotated[int, Query(ge=0)] = 0,
    ) -> dict[str, Any]:
        wanted = {
            "application": application,
            "client": client,
            "individual": individual,
            "operation": operation,
            "fault": fault,
        }
        with desk.gate() as gate:
            found = gate.exchanges(
                since=since, filters={name: value for name, value in wanted.items() if value}
            )
        lines = [
            {
                "id": line.id,
                "number": line.number,
                "client": line.client,
                "service": line.service,
                "operationId": line.operation_id,
                "status": line.status,
                "refused": line.refused,
                "fault": line.fault,
                "individual": line.individual,
                "purpose": line.purpose,
            }
            for line in found
            if not refused or line.refused == refused
        ]
        return {"count": len(lines), "exchanges": lines[-MOST_LISTED:]}

    return router
