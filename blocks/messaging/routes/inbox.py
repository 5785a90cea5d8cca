"""A person's inbox: what blocks put there, and what the person reads. Who may is the wiring's rights."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from blockkit.app import Kit
from blockkit.clock import machine_now
from blocks.messaging.delivery import deliver_to_person, list_inbox, read_message
from blocks.messaging.links import make_link
from blocks.messaging.routes.text import Name, Storable

Identifier = Annotated[Name, Path(max_length=64)]


class Note(BaseModel):
    """Body of `POST /inbox/{individualId}/messages`."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["email", "sms", "app"]
    subject: Annotated[Storable, Field(max_length=200)] = ""
    text: Annotated[Storable, Field(min_length=1, max_length=10_000)]
    sensitive: StrictBool = False


def make_router(kit: Kit) -> APIRouter:
    """Give the routes."""
    router = APIRouter(prefix="/inbox/{individualId}")

    @router.get("")
    def listing(
        individualId: Identifier,  # noqa: N803  the wire's name, here and below
        since: Annotated[int | None, Query(ge=0)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        with kit.records.transaction() as db:
            messages = list_inbox(db, individualId, since=since, limit=limit)
        return {"count": len(messages), "messages": messages}

    @router.post("/messages", status_code=201)
    def deliver(individualId: Identifier, note: Note, request: Request) -> dict[str, str]:  # noqa: N803
        sender = request.headers.get("information-mediator-client", "")
        message = {**note.model_dump(), "sender": sender, "sent_at": kit.clock.now()}
        with kit.records.transaction() as db:
            return {"id": deliver_to_person(db, individualId, message)}

    @router.get("/messages/{messageId}")
    def reading(individualId: Identifier, messageId: Identifier) -> dict[str, Any]:  # noqa: N803
        with kit.records.transaction() as db:
            return read_message(db, individualId, messageId)

    @router.post("/links", status_code=201)
    def opening(individualId: Identifier) -> dict[str, str]:  # noqa: N803
        with kit.records.transaction() as db:
            code, ends = make_link(db, individualId, machine_now())
        page = "/inbox-page" if kit.settings.standalone else f"/public/{kit.slug}/inbox-page"
        return {
            "link": f"{page}?{urlencode({'link': code})}",
            "code": code,
            "expiresAt": ends.isoformat(),
        }

    return router
