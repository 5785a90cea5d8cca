"""E-mail, single and in batches, and what became of it."""

from __future__ import annotations

import base64
import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, ValidationError

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.messaging.delivery import Letter, require_request, submit
from blocks.messaging.relay import Sink
from blocks.messaging.routes.callers import (
    Callbacks,
    answer_status,
    how_asked,
    named_request,
    read_sender,
    stated,
)
from blocks.messaging.routes.text import Storable

LONGEST_TEXT = 100_000
InQuery = Annotated[str | None, Query()]


class SenderInfo(BaseModel):
    """Who writes."""

    email: Storable = ""
    name: Storable = ""
    replyTo: Storable = ""  # noqa: N815  the wire's name, here and below
    organisationName: Storable = ""  # noqa: N815
    organisationRegNr: Storable = ""  # noqa: N815
    onBehalfOfName: Storable = ""  # noqa: N815
    onBehalfOfRegNr: Storable = ""  # noqa: N815


class Recipient(BaseModel):
    """One addressee with copies; each field may list several, separated by commas."""

    email: Storable = Field(pattern=r"[!-+.-~-]")
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


class Email(Callbacks):
    """Body of `POST /send/email/single`."""

    senderInfo: SenderInfo = SenderInfo()  # noqa: N815
    recipientInfo: Recipient  # noqa: N815
    emailContent: Content  # noqa: N815


class BatchEmail(Callbacks):
    """Body of `POST /send/email/batch`."""

    senderInfo: SenderInfo = SenderInfo()  # noqa: N815
    recipientInfo: BatchRecipient  # noqa: N815
    emailContent: Content  # noqa: N815


class Reply(BaseModel):
    """Body of `POST /callback/email`."""

    meta: Storable = Field(default="", max_length=LONGEST_TEXT)
    content: Storable = Field(max_length=LONGEST_TEXT)


def make_router(kit: Kit, sink: Sink | None) -> APIRouter:
    """Give the routes; with a sink, e-mail is delivered when the sink has taken it."""
    router = APIRouter()

    def send(request: Request, email: Email | BatchEmail, addresses: list[str]) -> dict[str, str]:
        sender = read_sender(request)
        writer = email.senderInfo
        letter = Letter(
            channel="email",
            sender=writer.name or writer.organisationName or writer.email or sender.name,
            subject=email.emailContent.title,
            text=email.emailContent.content,
        )
        asked = how_asked(kit, sender, wants_callback=email.wanted(), relayed=sink is not None)
        with kit.records.transaction() as db:
            uid = submit(db, letter, addresses, asked)
        return sender.accepted(uid)

    @router.post("/send/email/single")
    def send_single_email(
        request: Request, email: Email | None = None, body: InQuery = None
    ) -> dict[str, str]:
        given = stated(Email, email, body)
        return send(request, given, given.recipientInfo.addresses())

    @router.post("/send/email/batch")
    def send_batch_email(
        request: Request, batch: BatchEmail | None = None, body: InQuery = None
    ) -> dict[str, str]:
        given = stated(BatchEmail, batch, body)
        recipients = given.recipientInfo.recipients()
        return send(request, given, [address for each in recipients for address in each.addresses()])

    @router.get("/status/email")
    def get_email_status(request: Request) -> dict[str, int]:
        return answer_status(kit, "email", request)

    @router.post("/callback/email")
    def callback_email(request: Request, reply: Reply | None = None, body: InQuery = None) -> dict[str, str]:
        given = stated(Reply, reply, body)
        sender = read_sender(request)
        uid = named_request(sender)
        with kit.records.transaction() as db:
            require_request(db, "email", uid, sender.key)
            db.execute(
                "INSERT INTO replies (request_uid, meta, content, received_at) VALUES (%s, %s, %s, %s)",
                [uid, given.meta, given.content, kit.clock.now()],
            )
        return sender.accepted(uid)

    return router
