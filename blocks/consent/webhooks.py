"""Who wants to be told, and telling them: in order, until it is taken.

Nothing leaves the sandbox: a webhook's address names a letter-box at the information mediator, where the
application outside reads it. A body is signed with the webhook's secret. A crash between delivery and the
note of it delivers twice; the receiver knows it by `deliveryId`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass
from typing import Any

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blockkit.worker import Patience
from blocks.consent.revisions import canonical

MOST_FAILURES = 60
"""About a quarter of an hour, after which an event is given up, so that the later ones get their turn."""
LETTER_BOX = re.compile(r"/callbacks/([a-z0-9-]{1,64})/?$")
USUAL_BOX = "consent-webhook"


@dataclass(frozen=True, slots=True)
class Webhook:
    """What is wanted of a webhook."""

    payload_url: str
    content_type: str
    disabled: bool
    secret_key: str


def create(db: Connection, wish: Webhook, identifier: str | None) -> Row:
    """Add a webhook; the same one again gives the first answer, another under its id is refused."""
    if identifier is None:
        same = db.execute(
            "SELECT * FROM webhooks WHERE NOT deleted "
            "AND (payload_url, content_type, disabled, secret_key) = (%s, %s, %s, %s)",
            [wish.payload_url, wish.content_type, wish.disabled, wish.secret_key],
        ).fetchone()
        if same is not None:
            return same
    named = identifier or secrets.token_hex(8)
    db.execute(
        "INSERT INTO webhooks (id, payload_url, content_type, disabled, secret_key) "
        "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [named, wish.payload_url, wish.content_type, wish.disabled, wish.secret_key],
    )
    there = db.execute("SELECT * FROM webhooks WHERE id = %s", [named]).fetchone()
    assert there is not None, "rows of webhooks are never deleted"
    if there["deleted"] or Webhook(*(there[each] for each in Webhook.__slots__)) != wish:
        raise Problem(400, "id-taken", f"there is another webhook with the id {named}")
    return there


def update(db: Connection, identifier: str, wish: Webhook) -> Row:
    """Change a webhook. Raises Problem 404."""
    row = db.execute(
        "UPDATE webhooks SET payload_url = %s, content_type = %s, disabled = %s, secret_key = %s "
        "WHERE id = %s AND NOT deleted RETURNING *",
        [wish.payload_url, wish.content_type, wish.disabled, wish.secret_key, identifier],
    ).fetchone()
    if row is None:
        raise _unknown(identifier)
    return row


def delete(db: Connection, identifier: str) -> None:
    """Forget a webhook but for its id, and what it was still to be told. Raises Problem 404."""
    row = db.execute(
        "UPDATE webhooks SET deleted = true, disabled = true, secret_key = '' WHERE id = %s RETURNING id",
        [identifier],
    ).fetchone()
    if row is None:
        raise _unknown(identifier)
    db.execute("DELETE FROM deliveries WHERE webhook_id = %s", [identifier])


def read(db: Connection, identifier: str) -> Row:
    """Read a webhook. Raises Problem 404."""
    row = db.execute("SELECT * FROM webhooks WHERE id = %s AND NOT deleted", [identifier]).fetchone()
    if row is None:
        raise _unknown(identifier)
    return row


def list_all(db: Connection, offset: int, limit: int) -> list[Row]:
    """List webhooks, oldest first."""
    return db.execute(
        "SELECT * FROM webhooks WHERE NOT deleted ORDER BY number OFFSET %s LIMIT %s", [offset, limit]
    ).fetchall()


def webhook_on_the_wire(row: Row) -> dict[str, Any]:
    """Write a webhook as published."""
    return {
        "id": row["id"],
        "payloadUrl": row["payload_url"],
        "contentType": row["content_type"],
        "disabled": row["disabled"],
        "secretKey": row["secret_key"],
    }


class Courier:
    """Tells the worker whether there may be something to deliver, without asking the database when idle."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._perhaps = threading.Event()
        self._perhaps.set()  # an earlier worker may have left something

    def note(self) -> None:
        """Say that something may have happened."""
        self._perhaps.set()

    def has_work(self) -> bool:
        """Whether an event waits."""
        if not self._perhaps.is_set():
            return False
        self._perhaps.clear()  # before looking, or what happens meanwhile would be missed
        with self._kit.records.transaction() as db:
            waits = db.execute(
                "SELECT FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id WHERE NOT w.disabled LIMIT 1"
            ).fetchone()
        if waits is not None:
            self._perhaps.set()
        return waits is not None


def deliver_next(kit: Kit, patience: Patience) -> bool:
    """Deliver one event that is due and whose turn it is; one that isn't taken is tried again later.

    A webhook is told in the order in which things happened: no withdrawal arrives before the yes it ends.
    """
    with kit.records.transaction() as db:
        due = db.execute(
            """SELECT d.*, w.payload_url, w.secret_key FROM deliveries d
                 JOIN webhooks w ON w.id = d.webhook_id
                WHERE NOT w.disabled AND d.retry_at <= clock_timestamp() AND NOT EXISTS (
                      SELECT FROM deliveries e WHERE e.webhook_id = d.webhook_id AND e.id < d.id)
                ORDER BY d.retry_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED"""
        ).fetchone()
        if due is None:
            return False
        failures = due["failures"] + 1
        if _is_taken(kit, due):
            db.execute("DELETE FROM deliveries WHERE id = %s", [due["id"]])
        elif failures >= MOST_FAILURES:
            kit.log.warning("event %s was given up after %d attempts", due["event"], failures)
            db.execute("DELETE FROM deliveries WHERE id = %s", [due["id"]])
        else:
            db.execute(
                """UPDATE deliveries SET failures = %s,
                          retry_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s""",
                [failures, patience(failures), due["id"]],
            )
        return True


def letter_box(payload_url: str) -> str:
    """Give the mediator's letter-box that an address names; other addresses are answered in the usual one."""
    found = LETTER_BOX.search(payload_url)
    return found[1] if found else USUAL_BOX


def sign(secret_key: str, body: dict[str, Any]) -> str:
    """Sign a body, so that its receiver knows that it comes from here."""
    return "sha256=" + hmac.new(secret_key.encode(), canonical(body).encode(), hashlib.sha256).hexdigest()


def _is_taken(kit: Kit, due: Row) -> bool:
    body = {
        "deliveryId": str(due["id"]),
        "webhookId": due["webhook_id"],
        "event": due["event"],
        **due["body"],
    }
    token = current_exchange.set(due["exchange"])
    try:
        signed = {**body, "signature": sign(due["secret_key"], body)}
        answer = kit.peers.notify(letter_box(due["payload_url"]), signed, correlation=due["webhook_id"])
    except Problem as problem:
        kit.log.warning("event %s was not delivered: %s", due["event"], problem.kind)
        return False
    finally:
        current_exchange.reset(token)
    return answer.is_success


def _unknown(identifier: str) -> Problem:
    return Problem(404, "not-found", f"there is no webhook with the id {identifier}")
