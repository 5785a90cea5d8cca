"""What the sending operations read from headers, in both spellings that GovStack publishes."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.messaging.delivery import Channel, count_statuses, require_request


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends. `uid` is the request's name, stated by the sender or None."""

    name: str
    key: str
    uid: str | None


def read_sender(request: Request) -> Sender:
    """Read the sender's headers. Raises Problem 400 without an API key."""
    headers = request.headers
    key = headers.get("apikey") or headers.get("api_key")
    if not key:
        raise Problem(400, "key-missing", "state your API key in the header apiKey")
    name = headers.get("information-mediator-client", "")
    return Sender(name=name, key=key, uid=headers.get("requestuid"))


def named_request(sender: Sender) -> str:
    """Give the request that the sender asks about. Raises Problem 400."""
    if sender.uid is None:
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
