"""Client management, as the published definition has it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path

from blockkit.app import Kit
from blocks.identity import clients
from blocks.identity.routes.envelope import answer

Document = Annotated[Any, Body()]
ClientId = Annotated[str, Path(max_length=50, pattern=r"^[^\x00-\x1f]+$")]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.post("/client-mgmt/oidc-client")
    def create(document: Document = None) -> dict[str, Any]:
        return answer(kit, document, lambda db, request: {"clientId": clients.register(db, request)})

    @router.put("/client-mgmt/oidc-client/{client_id}")
    def update(client_id: ClientId, document: Document = None) -> dict[str, Any]:
        return answer(kit, document, lambda db, request: {"clientId": clients.change(db, client_id, request)})

    return router
