"""Text messages, shaped like the published e-mail operations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from blockkit.app import Kit
from blocks.messaging.delivery import MOST_ADDRESSES, Letter, submit
from blocks.messaging.routes.callers import Callbacks, answer_status, how_asked, read_sender
from blocks.messaging.routes.text import Storable

Phone = Annotated[Storable, Field(min_length=1, max_length=40)]


class One(BaseModel):
    """One recipient."""

    phone: Phone


class Many(BaseModel):
    """Several recipients."""

    phones: Annotated[list[Phone], Field(min_length=1, max_length=MOST_ADDRESSES)]


class Text(BaseModel):
    """What is written; ten segments at most."""

    content: Annotated[Storable, Field(max_length=1600)]


class Sms(Callbacks):
    """Body of `POST /send/sms/single`."""

    recipientInfo: One  # noqa: N815  the wire's name, here and below
    smsContent: Text  # noqa: N815


class BatchSms(Callbacks):
    """Body of `POST /send/sms/batch`."""

    recipientInfo: Many  # noqa: N815
    smsContent: Text  # noqa: N815


def make_router(kit: Kit) -> APIRouter:
    """Give the routes."""
    router = APIRouter()

    def send(request: Request, sms: Sms | BatchSms, phones: list[str]) -> dict[str, str]:
        sender = read_sender(request)
        letter = Letter(channel="sms", sender=sender.name, subject="", text=sms.smsContent.content)
        asked = how_asked(kit, sender, wants_callback=sms.wanted())
        with kit.records.transaction() as db:
            uid = submit(db, letter, phones, asked)
        return sender.accepted(uid)

    @router.post("/send/sms/single")
    def send_single_sms(sms: Sms, request: Request) -> dict[str, str]:
        return send(request, sms, [sms.recipientInfo.phone])

    @router.post("/send/sms/batch")
    def send_batch_sms(batch: BatchSms, request: Request) -> dict[str, str]:
        return send(request, batch, batch.recipientInfo.phones)

    @router.get("/status/sms")
    def get_sms_status(request: Request) -> dict[str, int]:
        return answer_status(kit, "sms", request)

    return router
