"""What the sending operations read from headers and bodies, in both spellings that GovStack publishes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.problems import Problem
from blocks.messaging.delivery import Asked, Channel, count_statuses, require_request
from blocks.messaging.routes.text import Storable

ACCEPTED = 'Request successfully accepted. Use "requestUid" to track its status.'
_NAME = re.compile(r"[!-~]+")
Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends. `uid` is the request's name, stated by the sender or None."""

    name: str
    key: str
    uid: str | None
    compliance: bool
    """It spells its headers as the compliance dialect does, and reads answers so."""

    def accepted(self, uid: str) -> dict[str, str]:
        """Answer that a request was taken."""
        answer = {"response": ACCEPTED, "requestUid": uid}
        return {**answer, "requestUID": uid} if self.compliance else answer


class CallbackAddress(BaseModel):
    """Where a sender would be told; only whether it names one counts."""

    URI: Storable = ""
    uri: Storable = ""


class Callbacks(BaseModel):
    """The three names that published definitions have for it."""

    callback: CallbackAddress = CallbackAddress()
    callbackURI: CallbackAddress = CallbackAddress()  # noqa: N815  the wire's name, here and below
    callbackUri: CallbackAddress = CallbackAddress()  # noqa: N815

    def wanted(self) -> bool:
        """Whether the sender wants to be told."""
        return any(each.URI or each.uri for each in (self.callback, self.callbackURI, self.callbackUri))


def read_sender(request: Request) -> Sender:
    """Read the sender's headers. Raises Problem 400 without an API key."""
    headers = request.headers
    key = headers.get("apikey", headers.get("api_key", ""))
    if not _NAME.fullmatch(key):
        raise Problem(
            400, "key-missing", "state your API key in the header apiKey, visible ASCII without spaces"
        )
    uid = headers.get("requestuid")
    if uid is not None and not _NAME.fullmatch(uid):
        raise Problem(400, "invalid-request", "requestUid is visible ASCII without spaces")
    name = headers.get("information-mediator-client", "")
    return Sender(name=name, key=key, uid=uid, compliance="apikey" not in headers)


def stated(model: type[Body], body: Body | None, query: str | None) -> Body:
    """Give what was sent: the body, else the published definition's query parameter `body`, as JSON.

    Raises Problem 400.
    """
    if body is not None:
        return body
    if query is None:
        raise Problem(400, "invalid-request", "the request has no body")
    try:
        return model.model_validate_json(query)
    except ValidationError as error:
        faults = [
            {"at": "/".join(map(str, ("query", "body", *each["loc"]))), "wanted": each["msg"]}
            for each in error.errors()
        ]
        raise Problem(
            400, "invalid-request", "the request does not fit the contract", faults=faults
        ) from None


def how_asked(kit: Kit, sender: Sender, *, wants_callback: bool, relayed: bool = False) -> Asked:
    """Say how a request is to be taken. Alone, a block has no mediator that would keep a callback."""
    return Asked(
        key=sender.key,
        uid=sender.uid,
        now=kit.clock.now(),
        wants_callback=wants_callback and bool(kit.settings.mediator_url),
        exchange=current_exchange.get(),
        relayed=relayed,
    )


def named_request(sender: Sender) -> str:
    """Give the request that the sender asks about. Raises Problem 400."""
    if not sender.uid:
        raise Problem(400, "request-missing", "name the request in the header requestUid")
    return sender.uid


def wanted_statuses(request: Request) -> list[str]:
    """Give the statuses that are asked for. Raises Problem 400 when there are none."""
    query = request.query_params
    listed = [*query.getlist("status"), *query.getlist("status[]")]
    wanted = [part for item in listed for part in item.split(",") if part]
    if not wanted:
        raise Problem(400, "status-missing", "name the statuses to count in the query: status=delivered")
    return wanted


def answer_status(kit: Kit, channel: Channel, request: Request) -> dict[str, int]:
    """Count what became of the request that its sender asks about. Raises Problem 400 and 404."""
    sender = read_sender(request)
    uid = named_request(sender)
    wanted = wanted_statuses(request)
    with kit.records.transaction() as db:
        require_request(db, channel, uid, sender.key)
        return count_statuses(db, uid, wanted)
