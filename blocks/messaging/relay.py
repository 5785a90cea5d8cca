"""E-mail by way of a mail sink: SMTP to one address of the loopback, where one is wired, and to no other.

The sink stands for the outside: what it takes is delivered, what it refuses for good bounces, what it
can't take now is deferred and tried again, and given up after `MOST_FAILURES`. A block that was killed
between the sink's word and its own note sends again; the sink knows it by its Message-ID.
"""

from __future__ import annotations

import ipaddress
import smtplib
from dataclasses import dataclass

from blockkit.app import Kit
from blockkit.records import Row
from blockkit.worker import Patience
from blocks.messaging.letters import DOMAIN, write

MOST_FAILURES = 8
LEASE_SECONDS = 60
"""After which a message that is being sent is taken for left behind by a block that died."""
SEND_SECONDS = 10.0
OPEN = "('scheduled', 'processing', 'deferred')"


@dataclass(frozen=True, slots=True)
class Sink:
    """Where e-mail is handed over."""

    host: str
    port: int

    @classmethod
    def of(cls, stated: str) -> Sink | None:
        """Read `SMTP_SINK` (`127.0.0.1:8025`), empty for none. Raises ValueError for what is no loopback."""
        if not stated:
            return None
        host, _, port = stated.rpartition(":")
        host = host.strip("[]")
        if not (host and port.isdigit() and ipaddress.ip_address(host).is_loopback):
            raise ValueError(f"SMTP_SINK is {stated!r}; wanted an address of the loopback, as 127.0.0.1:8025")
        return cls(host, int(port))


def relay_next(kit: Kit, sink: Sink, patience: Patience) -> bool:
    """Hand over the message that is due first and note what became of it."""
    due = _claim(kit)
    if due is None:
        return False
    status = _hand_over(kit, sink, due)
    failures = due["failures"] + (status == "deferred")
    if failures >= MOST_FAILURES:
        status = "notSent"
    with kit.records.transaction() as db:
        db.execute(
            """UPDATE messages SET status = %(status)s, failures = %(failures)s,
                      arrival = CASE WHEN %(status)s = 'delivered' THEN nextval('arrivals') END,
                      retry_at = clock_timestamp() + make_interval(secs => %(wait)s)
                WHERE number = %(number)s""",
            {
                "status": status,
                "failures": failures,
                "wait": patience(failures) if status == "deferred" else 0,
                "number": due["number"],
            },
        )
    return True


def _claim(kit: Kit) -> Row | None:
    with kit.records.transaction() as db:
        return db.execute(
            f"""UPDATE messages SET status = 'processing',
                       retry_at = clock_timestamp() + make_interval(secs => %s)
                 WHERE number = (SELECT number FROM messages
                                  WHERE status IN {OPEN} AND retry_at <= clock_timestamp()
                                  ORDER BY retry_at LIMIT 1 FOR UPDATE SKIP LOCKED)
                RETURNING *""",  # noqa: S608
            [LEASE_SECONDS],
        ).fetchone()


def _hand_over(kit: Kit, sink: Sink, message: Row) -> str:
    try:
        with smtplib.SMTP(sink.host, sink.port, local_hostname=DOMAIN, timeout=SEND_SECONDS) as session:
            session.send_message(write(message), f"noreply@{DOMAIN}", [message["address"]])
    except smtplib.SMTPRecipientsRefused as refused:
        return _meaning(max(code for code, _ in refused.recipients.values()))
    except smtplib.SMTPResponseException as refused:
        return _meaning(refused.smtp_code)
    except (OSError, smtplib.SMTPException) as error:
        kit.log.warning("the mail sink did not answer: %s", type(error).__name__)
        return "deferred"
    except ValueError:
        return "bounced"  # an address that no header can hold
    return "delivered"


def _meaning(code: int) -> str:
    return "bounced" if code >= 500 else "deferred"
