"""The rules: where a message goes, and what became of it.

An address of the population leads to that person's inbox; a well-formed one that nobody has
bounces; anything else is not sent. There is no network behind it: where a mail sink is wired, e-mail to a
known address waits for the sink's word (`relay`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.messaging.letters import DOMAIN

Channel = Literal["email", "sms"]
STATUSES = ("scheduled", "processing", "deferred", "bounced", "notSent", "delivered")
SPELLINGS = {"not_sent": "notSent"}
"""How the compliance dialect's data spells a status."""
MOST_ADDRESSES = 10_000
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[0-9]{5,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent, the same for every recipient."""

    channel: Channel
    sender: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a request is to be taken.

    Attributes:
        key: The sender's API key; only its hash is kept.
        uid: The sender's own name for the request, so that a repeated call sends nothing twice.
        now: The sandbox's time.
        wants_callback: Whether the sender is told when everything has come to its end.
        exchange: In whose service it was made, for that callback.
        relayed: Whether e-mail goes by way of a mail sink before it counts as delivered.
    """

    key: str
    uid: str | None
    now: datetime
    wants_callback: bool = False
    exchange: str = ""
    relayed: bool = False


def submit(db: Connection, letter: Letter, addresses: Sequence[str], asked: Asked) -> str:
    """Take one request, inside a transaction, and give its uid; an address named twice gets one message.

    Raises Problem 409 when the uid was used for something else, 400 for nobody or too many to send it to.
    """
    unique = list(dict.fromkeys(addresses))
    if not 0 < len(unique) <= MOST_ADDRESSES:
        raise Problem(400, "invalid-request", f"a message goes to 1 to {MOST_ADDRESSES} addresses")
    content = json.dumps([letter.channel, letter.sender, letter.subject, letter.text, unique])
    request = (asked.uid or new_uid(), letter.channel, hash_of(asked.key), hash_of(content))
    added = db.execute(
        "INSERT INTO requests"
        " (request_uid, channel, key_hash, content_hash, wants_callback, reported, exchange)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (*request, asked.wants_callback, not asked.wants_callback, asked.exchange),
    )
    if added.rowcount == 0:
        _require_same(db, request)
        return request[0]
    relayed = asked.relayed and letter.channel == "email"
    db.execute(
        _ADD[letter.channel],
        {
            "ids": [_new_id() for _ in unique],
            "addresses": unique,
            "fates": [_fate(letter.channel, address) for address in unique],
            "uid": request[0],
            "channel": letter.channel,
            "sender": letter.sender,
            "subject": letter.subject,
            "text": letter.text,
            "known": "scheduled" if relayed else "delivered",
            "now": asked.now,
        },
    )
    return request[0]


def require_request(db: Connection, channel: Channel, uid: str, key: str) -> None:
    """Check that the sender's key made the request. Raises Problem 404, whichever of the two is wrong."""
    row = db.execute(
        "SELECT key_hash FROM requests WHERE request_uid = %s AND channel = %s", [uid, channel]
    ).fetchone()
    if row is None or not hmac.compare_digest(row["key_hash"], hash_of(key)):
        raise Problem(404, "no-such-request", "no request of this key has this requestUid")


def count_statuses(db: Connection, uid: str, wanted: Sequence[str]) -> dict[str, int]:
    """Count a request's messages by status; those not asked for are left out."""
    wanted = [SPELLINGS.get(status, status) for status in wanted]
    unknown = [status for status in wanted if status not in STATUSES]
    if unknown:
        raise Problem(400, "invalid-request", f"no status is called {unknown[0]!r}", known=STATUSES)
    rows = db.execute(
        "SELECT status, count(*) AS n FROM messages WHERE request_uid = %s GROUP BY status", [uid]
    ).fetchall()
    found = {row["status"]: row["n"] for row in rows}
    return {status: found.get(status, 0) for status in STATUSES if status in wanted}


def deliver_to_person(db: Connection, individual_id: str, message: dict[str, Any]) -> str:
    """Put a message straight into a person's inbox and give its id."""
    identifier = _new_id()
    db.execute(
        """
        INSERT INTO messages (message_id, individual_id, channel, sender, subject, text, sensitive, status,
                              sent_at, arrival)
        VALUES (%(id)s, %(person)s, %(channel)s, %(sender)s, %(subject)s, %(text)s, %(sensitive)s,
                'delivered', %(sent_at)s, nextval('arrivals'))
        """,
        {**message, "id": identifier, "person": individual_id},
    )
    return identifier


def list_inbox(db: Connection, individual_id: str, *, since: int | None, limit: int) -> list[dict[str, Any]]:
    """List a person's messages in the order of their arrival: the next after `since`, or the newest."""
    if since is None:
        newest = db.execute(
            _INBOX + " AND individual_id = %s ORDER BY arrival DESC LIMIT %s", [individual_id, limit]
        ).fetchall()
        return newest[::-1]
    return db.execute(
        _INBOX + " AND individual_id = %s AND arrival > %s ORDER BY arrival LIMIT %s",
        [individual_id, since, limit],
    ).fetchall()


def newest_before(db: Connection, individual_id: str, before: int | None, limit: int) -> list[dict[str, Any]]:
    """List a person's messages, the newest first; with `before`, those that arrived before that number."""
    return db.execute(
        _INBOX + " AND individual_id = %s AND arrival < %s ORDER BY arrival DESC LIMIT %s",
        [individual_id, 2**63 - 1 if before is None else before, limit],
    ).fetchall()


def read_message(db: Connection, individual_id: str, message_id: str) -> dict[str, Any]:
    """Read one message. Raises Problem 404, also for somebody else's."""
    row = db.execute(
        _INBOX + " AND individual_id = %s AND message_id = %s", [individual_id, message_id]
    ).fetchone()
    if row is None:
        raise Problem(404, "no-such-message", "this inbox has no such message")
    return row


_EMAILS = """SELECT m.message_id, m.sent_at, m.sender, m.subject, m.text, m.arrival,
                    coalesce(m.address,
                             (SELECT email FROM contacts c
                               WHERE c.individual_id = m.individual_id AND email IS NOT NULL LIMIT 1),
                             m.individual_id || '@' || %s) AS address
               FROM messages m WHERE m.status = 'delivered' AND m.channel = 'email'"""


def read_emails(db: Connection, individual_id: str, message_id: str | None = None) -> list[dict[str, Any]]:
    """Give a person's e-mails as they are written down, oldest first: one, or the last thousand.

    What a block put into the inbox by the person's id goes to the address that the person has, or else to one
    made of the id.
    """
    rows = db.execute(
        _EMAILS
        + """ AND m.individual_id = %s AND (%s::text IS NULL OR m.message_id = %s)
            ORDER BY m.arrival DESC LIMIT 1000""",
        [DOMAIN, individual_id, message_id, message_id],
    ).fetchall()
    if message_id is not None and not rows:
        raise Problem(404, "no-such-message", "this inbox has no such e-mail")
    return rows[::-1]


def emails_after(db: Connection, since: int, limit: int) -> list[dict[str, Any]]:
    """Give everybody's e-mails that arrived after that number, oldest first."""
    return db.execute(
        _EMAILS + " AND m.arrival > %s ORDER BY m.arrival LIMIT %s", [DOMAIN, since, limit]
    ).fetchall()


def new_uid() -> str:
    """Make a request's uid in the published shape, six groups of four."""
    text = secrets.token_hex(12).upper()
    return "-".join(text[place : place + 4] for place in range(0, 24, 4))


_INBOX = """
    SELECT message_id AS id, arrival AS number, channel, sender, subject, text, sensitive, sent_at AS "sentAt"
    FROM messages WHERE status = 'delivered'
"""
# A household may share one address; the message goes to the first, as a shared letter-box would.
_ADDING = """
    INSERT INTO messages (message_id, request_uid, individual_id, address, channel, sender, subject, text,
                          sensitive, status, sent_at, arrival)
    SELECT id, %(uid)s, person, address, %(channel)s, %(sender)s, %(subject)s, %(text)s, false, status,
           %(now)s, CASE WHEN status = 'delivered' THEN nextval('arrivals') END
    FROM (
        SELECT a.id, a.address, c.individual_id AS person,
               CASE WHEN c.individual_id IS NULL THEN a.fate ELSE %(known)s END AS status
        FROM unnest(%(ids)s::text[], %(addresses)s::text[], %(fates)s::text[]) WITH ORDINALITY
             AS a(id, address, fate, place)
        LEFT JOIN LATERAL (
            SELECT individual_id FROM contacts WHERE {match} ORDER BY individual_id LIMIT 1
        ) c ON true
        ORDER BY a.place
    ) placed
"""
_ADD = {
    "email": _ADDING.format(match="lower(email) = lower(a.address)"),
    "sms": _ADDING.format(match="phone = a.address"),
}


def _require_same(db: Connection, request: tuple[str, str, str, str]) -> None:
    uid, *made = request
    row = db.execute(
        "SELECT channel, key_hash, content_hash FROM requests WHERE request_uid = %s", [uid]
    ).fetchone()
    if row is None or [row["channel"], row["key_hash"], row["content_hash"]] != made:
        raise Problem(409, "uid-taken", "this requestUid was used for another message")


def _fate(channel: Channel, address: str) -> str:
    shape = _EMAIL if channel == "email" else _PHONE
    return "bounced" if shape.fullmatch(address) else "notSent"


def _new_id() -> str:
    return f"msg-{secrets.token_hex(8)}"


def hash_of(text: str) -> str:
    """Give what is kept of a key or a content."""
    return hashlib.sha256(text.encode()).hexdigest()
