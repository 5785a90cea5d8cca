"""Telling the source what happened: kept with the change it tells of, delivered until it is taken.

A crash between delivery and the note of it delivers twice; the receiver knows it by its correlation.
"""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blockkit.worker import Patience


def queue(db: Connection, kind: str, correlation: str, body: dict[str, Any], exchange: str) -> None:
    """Keep a callback for delivery after this transaction."""
    db.execute(
        "INSERT INTO callbacks (kind, correlation, body, exchange) VALUES (%s, %s, %s, %s)",
        [kind, correlation, Jsonb(body), exchange],
    )


def deliver_next(kit: Kit, patience: Patience) -> bool:
    """Deliver the callback that is due first; one that isn't taken is tried again later."""
    with kit.records.transaction() as db:
        due = db.execute(
            """SELECT * FROM callbacks WHERE delivered_at IS NULL AND retry_at <= clock_timestamp()
                ORDER BY retry_at LIMIT 1 FOR UPDATE SKIP LOCKED"""
        ).fetchone()
        if due is None:
            return False
        if _is_taken(kit, due):
            db.execute(
                "UPDATE callbacks SET delivered_at = clock_timestamp() WHERE callback_id = %s",
                [due["callback_id"]],
            )
        else:
            failures = due["failures"] + 1
            db.execute(
                """UPDATE callbacks SET failures = %s,
                          retry_at = clock_timestamp() + make_interval(secs => %s) WHERE callback_id = %s""",
                [failures, patience(failures), due["callback_id"]],
            )
        return True


def _is_taken(kit: Kit, due: Row) -> bool:
    token = current_exchange.set(due["exchange"])
    try:
        answer = kit.peers.notify(due["kind"], due["body"], correlation=due["correlation"])
    except Problem as problem:
        kit.log.warning("callback %s was not delivered: %s", due["kind"], problem.kind)
        return False
    finally:
        current_exchange.reset(token)
    return answer.is_success
