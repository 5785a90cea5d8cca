"""Webhooks: applications that want to be told. Entered by officers, like everything that is configured."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from blockkit.app import Kit
from blocks.consent import webhooks
from blocks.consent.routes.doors import CONFIGURES, officers
from blocks.consent.routes.wire import Limit, Offset, PathId, WebhookBody


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(dependencies=[officers(kit, CONFIGURES)])

    @router.post("/config/webhook/")
    def create(body: WebhookBody) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return _told(webhooks.create(db, body.webhook.wish(), body.webhook.id))

    @router.get("/config/webhook/{webhookId}/")
    def read(webhookId: PathId) -> dict[str, Any]:  # noqa: N803  the wire's name
        with kit.records.transaction() as db:
            return _told(webhooks.read(db, webhookId))

    @router.put("/config/webhook/{webhookId}/")
    def update(webhookId: PathId, body: WebhookBody) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            return _told(webhooks.update(db, webhookId, body.webhook.wish()))

    @router.delete("/config/webhook/{webhookId}/")
    def delete(webhookId: PathId) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            webhooks.delete(db, webhookId)
        return {}

    @router.get("/config/webhooks/")
    def list_all(offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        with kit.records.transaction() as db:
            rows = webhooks.list_all(db, offset, limit)
        return {"webhooks": [webhooks.webhook_on_the_wire(row) for row in rows]}

    return router


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {"webhook": webhooks.webhook_on_the_wire(row)}
