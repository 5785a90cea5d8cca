"""Requests and their outcomes that a conformance harness presupposes: counts per status become messages.

The form is `{"api_key": ..., "data": {"email": [{"RequestID": ..., "status": {"delivered": 3, ...}}]}}`.
"""

from __future__ import annotations

import secrets
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from blockkit.fixtures import FixturesUnusable, as_form
from blockkit.records import Connection
from blocks.messaging.delivery import SPELLINGS, STATUSES, hash_of

MOST_MESSAGES = 1_000_000
NOBODY = "fixture"
"""Whose inbox the delivered ones went to: a file of counts names no person."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Outcome(_Strict):
    """One request."""

    RequestID: str = Field(min_length=1)
    status: dict[str, NonNegativeInt]


class Outcomes(_Strict):
    """Requests by channel."""

    email: list[Outcome] = []
    sms: list[Outcome] = []


class Document(_Strict):
    """The whole file."""

    api_key: str = Field(min_length=1)
    data: Outcomes


def enter(connection: Connection, document: Any) -> None:
    """Write the requests and their messages. Raises FixturesUnusable."""
    given = as_form(Document, document)
    for channel, outcomes in (("email", given.data.email), ("sms", given.data.sms)):
        for outcome in outcomes:
            _enter_one(connection, channel, given.api_key, outcome)


def _enter_one(connection: Connection, channel: str, key: str, outcome: Outcome) -> None:
    counts = {SPELLINGS.get(name, name): count for name, count in outcome.status.items()}
    if unknown := set(counts) - set(STATUSES):
        raise FixturesUnusable(f"no status is called {sorted(unknown)[0]!r}; known: {', '.join(STATUSES)}")
    if sum(counts.values()) > MOST_MESSAGES:
        raise FixturesUnusable(f"{outcome.RequestID} has more than {MOST_MESSAGES} messages")
    connection.execute(
        "INSERT INTO requests (request_uid, channel, key_hash, content_hash, reported)"
        " VALUES (%s, %s, %s, '', true)",
        [outcome.RequestID, channel, hash_of(key)],
    )
    for status, count in counts.items():
        connection.execute(
            """
            INSERT INTO messages (message_id, request_uid, individual_id, channel, sender, subject, text,
                                  sensitive, status, sent_at, arrival, retry_at)
            SELECT %(prefix)s || n, %(uid)s, CASE WHEN %(status)s = 'delivered' THEN %(nobody)s END,
                   %(channel)s, '', '', '', false, %(status)s, now(),
                   CASE WHEN %(status)s = 'delivered' THEN nextval('arrivals') END, 'infinity'
            FROM generate_series(1, %(count)s) AS n
            """,
            {
                "prefix": f"msg-{secrets.token_hex(8)}-",
                "uid": outcome.RequestID,
                "status": status,
                "nobody": NOBODY,
                "channel": channel,
                "count": count,
            },
        )
