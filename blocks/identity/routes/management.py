"""Client management, as the published definition has it: answers are 200 with `response` and `errors`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path

from blockkit.app import Kit
from blockkit.records import Connection
from blocks.identity import clients

Document = Annotated[Any, Body()]
ClientId = Annotated[str, Path(max_length=50, pattern=r"^[^\x00-\x1f]+$")]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    def answer(document: Any, act: Callable[[Connection, Any], str]) -> dict[str, Any]:
        response, errors = None, []
        try:
            if not isinstance(document, dict) or not isinstance(document.get("request"), dict):
                raise clients.ClientRefused("invalid_request", "the body has no 'request'")
            if not isinstance(document.get("requestTime"), str):
                raise clients.ClientRefused("invalid_input", "the body has no 'requestTime'")
            with kit.records.transaction() as db:
                response = {"clientId": act(db, document["request"])}
        except clients.ClientRefused as refusal:
            errors.append({"errorCode": refusal.code, "errorMessage": str(refusal)})
        return {
            "responseTime": kit.clock.machine().isoformat(timespec="milliseconds"),
            "response": response,
            "errors": errors,
        }

    @router.post("/client-mgmt/oidc-client")
    def create(document: Document = None) -> dict[str, Any]:
        return answer(document, clients.register)

    @router.put("/client-mgmt/oidc-client/{client_id}")
    def update(client_id: ClientId, document: Document = None) -> dict[str, Any]:
        return answer(document, lambda db, request: clients.change(db, client_id, request))

    return router
