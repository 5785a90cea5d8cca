"""Links that open one person's inbox page, as the person's own telephone would.

The page can't ask for a log-in: the one-time code of the log-in is in the inbox. Whoever has the right to
open an inbox gets a link instead, which works for some hours of real time and for this one person.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from blockkit.problems import Problem
from blockkit.records import Connection

LIFETIME = timedelta(hours=12)


def make_link(db: Connection, individual_id: str, now: datetime) -> tuple[str, datetime]:
    """Give a new code and when it ends; only its hash is kept.

    Args:
        db: Inside a transaction.
        individual_id: Whose inbox it opens.
        now: The machine's time.
    """
    code = secrets.token_urlsafe(24)
    ends = now + LIFETIME
    db.execute("INSERT INTO links VALUES (%s, %s, %s)", [_hash(code), individual_id, ends])
    return code, ends


def person_behind(db: Connection, code: str, now: datetime) -> str:
    """Give the person whose inbox a code opens. Raises Problem 403 for one that is unknown or too old."""
    row = db.execute(
        "SELECT individual_id FROM links WHERE link_hash = %s AND expires_at > %s", [_hash(code), now]
    ).fetchone()
    if row is None:
        raise Problem(403, "link-refused", "this link opens no inbox, or no longer")
    return str(row["individual_id"])


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
