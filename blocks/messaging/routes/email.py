"""E-mail, single and in batches, and what became of it."""

from __future__ import annotations

import base64
import json
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.messaging.delivery import Letter, require_request, submit
from blocks.messaging.routes.callers import answer_status, named_request, read_sender
from blocks.messaging.routes.text import Storable

ACCEPTED = 'Request successfully accepted. Use "requestUid" to track its status.'
LONGEST_TEXT = 100_000


class SenderInfo(BaseModel):
    """Who writes."""

    email: Storable = ""
    name: Storable = ""
    organisationName: Storable = ""  # noqa: N815  the wire's name, here and below


class Recipient(BaseModel):
    """One addressee with copies; each field may list several, separated by commas."""

    email: Storable = Field(min_length=1)
    emailCC: Storable = ""  # noqa: N815
    emailBCC: Storable = ""  # noqa: N815
    name: Storable = ""

    def addresses(self) -> list[str]:
        """Give every address."""
        fields = (self.email, self.emailCC, self.emailBCC)
        return [part.strip() for field in fields for part in field.split(",") if part.strip()]


class BatchRecipient(BaseModel):
    """Addressees as base64 of a JSON list of `{"recipientInfo": {...}}`."""

    batchEmailAsBase64: Storable  # noqa: N815

    def recipients(self) -> list[Recipient]:
        """Unpack. Raises Problem 400."""
        try:
            entries = json.loads(base64.b64decode(self.batchEmailAsBase64, validate=True))
            found = [Recipient.model_validate(entry["recipientInfo"]) for entry in entries]
        except (ValueError, ValidationError, KeyError, TypeError, RecursionError):
            raise Problem(
                400, "invalid-request", "batchEmailAsBase64 is not base64 of a JSON list of recipients"
            ) from None
        return found


class Content(BaseModel):
    """What is written."""

    encoding: Storable = "UTF-8"
    title: Storable = Field(default="", max_length=998)
    content: Storable = Field(max_length=LONGEST_TEXT)


class Email(BaseModel):
    """Body of `POST /send/email/single`."""

    senderInfo: SenderInfo = SenderInfo()  # noqa: N815
    recipientInfo: Recipient  # noqa: N815
    emailContent: Content  # noqa: N815


class BatchEmail(BaseModel):
    """Body of `POST /send/email/batch`."""

    senderInfo: SenderInfo = SenderInfo()  # noqa: N815
    recipientInfo: BatchRecipient  # noqa: N815
    emailContent: Content  # noqa: N815


class Reply(BaseModel):
    """Body of `POST /callback/email`."""

    meta: Storable = Field(default="", max_length=LONGEST_TEXT)
    content: Storable = Field(max_length=LONGEST_TEXT)


def make_router(kit: Kit) -> APIRouter:
    """Give the routes."""
    router = APIRouter()

    def send(request: Request, writer: SenderInfo, content: Content, addresses: list[str]) -> dict[str, str]:
        sender = read_sender(request)
        letter = Letter(
            channel="email",
            sender=writer.name or writer.organisationName or writer.email or sender.name,
            subject=content.title,
            text=content.content,
        )
        with kit.records.transaction() as db:
            uid = submit(db, letter, addresses, key=sender.key, uid=sender.uid, now=kit.clock.now())
        return {"response": ACCEPTED, "requestUid": uid}

    @router.post("/send/email/single")
    def send_single_email(email: Email, request: Request) -> dict[str, str]:
        return send(request, email.senderInfo, email.emailContent, email.recipientInfo.addresses())

    @router.post("/send/email/batch")
    def send_batch_email(batch: BatchEmail, request: Request) -> dict[str, str]:
        recipients = batch.recipientInfo.recipients()
        addresses = [address for recipient in recipients for address in recipient.addresses()]
        return send(request, batch.senderInfo, batch.emailContent, addresses)

    @router.get("/status/email")
    def get_email_status(request: Request) -> dict[str, int]:
        return answer_status(kit, "email", request)

    @router.post("/callback/email")
    def callback_email(reply: Reply, request: Request) -> dict[str, Any]:
        sender = read_sender(request)
        uid = named_request(sender)
        with kit.records.transaction() as db:
            require_request(db, "email", uid, sender.key)
            db.execute(
                "INSERT INTO replies (request_uid, meta, content, received_at) VALUES (%s, %s, %s, %s)",
                [uid, reply.meta, reply.content, kit.clock.now()],
            )
        return {"response": ACCEPTED, "requestUid": uid}

    return router
