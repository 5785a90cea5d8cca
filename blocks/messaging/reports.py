"""Telling a sender what became of a request: once, when its last message has come to its end.

Kept with the change it tells of and delivered through the mediator until it is taken or given up. The
address that a request names for it lies outside and is never called: the mediator keeps the callback
for the application that awaits it.
"""

from __future__ import annotations

from psycopg.types.json import Jsonb

from blockkit.app import Kit
from blockkit.logs import current_exchange
from blockkit.problems import Problem
from blockkit.records import Row
from blockkit.worker import Patience
from blocks.messaging.delivery import STATUSES, count_statuses
from blocks.messaging.relay import OPEN

KIND = "message-status"
MOST_FAILURES = 12


def has_work(kit: Kit) -> bool:
    """Whether a message, a report or a callback is due."""
    with kit.records.transaction() as db:
        row = db.execute(
            f"""SELECT EXISTS (SELECT FROM messages WHERE status IN {OPEN} AND retry_at <= clock_timestamp())
                    OR EXISTS (SELECT FROM requests WHERE NOT reported)
                    OR EXISTS (SELECT FROM callbacks
                                WHERE ended_at IS NULL AND retry_at <= clock_timestamp()) AS due"""  # noqa: S608
        ).fetchone()
    return row is not None and bool(row["due"])


def report_next(kit: Kit) -> bool:
    """Queue the callback of one request that has nothing left to do."""
    with kit.records.transaction() as db:
        done = db.execute(
            f"""SELECT request_uid, channel FROM requests r
                 WHERE NOT reported AND NOT EXISTS (
                       SELECT FROM messages m WHERE m.request_uid = r.request_uid AND m.status IN {OPEN})
                 LIMIT 1 FOR UPDATE SKIP LOCKED"""  # noqa: S608
        ).fetchone()
        if done is None:
            return False
        uid = done["request_uid"]
        body = {"requestUid": uid, "channel": done["channel"], "status": count_statuses(db, uid, STATUSES)}
        db.execute("UPDATE requests SET reported = true WHERE request_uid = %s", [uid])
        db.execute("INSERT INTO callbacks (request_uid, body) VALUES (%s, %s)", [uid, Jsonb(body)])
        return True


def tell_next(kit: Kit, patience: Patience) -> bool:
    """Deliver the callback that is due first; one that isn't taken is tried again later."""
    with kit.records.transaction() as db:
        due = db.execute(
            """SELECT c.*, r.exchange FROM callbacks c JOIN requests r USING (request_uid)
                WHERE ended_at IS NULL AND retry_at <= clock_timestamp()
                ORDER BY retry_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED"""
        ).fetchone()
        if due is None:
            return False
        taken = _is_taken(kit, due)
        failures = due["failures"] + (not taken)
        db.execute(
            """UPDATE callbacks SET failures = %s,
                      retry_at = clock_timestamp() + make_interval(secs => %s),
                      ended_at = CASE WHEN %s THEN clock_timestamp() END
                WHERE callback_id = %s""",
            [failures, patience(failures), taken or failures >= MOST_FAILURES, due["callback_id"]],
        )
        return True


def _is_taken(kit: Kit, due: Row) -> bool:
    token = current_exchange.set(due["exchange"])
    try:
        answer = kit.peers.notify(KIND, due["body"], correlation=due["request_uid"])
    except Problem as problem:
        kit.log.warning("the callback of a request was not delivered: %s", problem.kind)
        return False
    finally:
        current_exchange.reset(token)
    return answer.is_success
