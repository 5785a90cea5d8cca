"""Requests are taken once: the same again is answered as before, another under the same id is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from blockkit.records import Connection


class Refused(Exception):
    """The request is understood and not done; its text is for the caller and names no person."""


@dataclass(frozen=True, slots=True)
class Request:
    """What identifies a request, and what it said."""

    operation: str
    source_bb: str
    request_id: str
    content_hash: str


def content_hash(content: Any) -> str:
    """Digest of a JSON document, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def is_replay(db: Connection, request: Request) -> bool:
    """Whether the very same request was taken before. Raises Refused when its id was used for another."""
    row = db.execute(
        "SELECT content_hash FROM requests WHERE operation = %s AND source_bb = %s AND request_id = %s",
        [request.operation, request.source_bb, request.request_id],
    ).fetchone()
    if row is not None and row["content_hash"] != request.content_hash:
        raise Refused("this RequestID was used before with other content")
    return row is not None


def take(db: Connection, request: Request) -> bool:
    """Take a request for this transaction; False when it is a replay. Raises Refused like is_replay.

    Of two at the same moment the second waits here until the first has committed.
    """
    taken = db.execute(
        "INSERT INTO requests VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [request.operation, request.source_bb, request.request_id, request.content_hash],
    )
    return taken.rowcount == 1 or not is_replay(db, request)
