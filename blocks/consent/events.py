"""What happens here, kept for everybody who has asked to be told of it (webhooks.py delivers it)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from blockkit.logs import current_exchange
from blockkit.records import Connection


def queue(db: Connection, event: str, now: datetime, facts: Mapping[str, Any]) -> None:
    """Keep an event for each webhook that is in use, in the transaction that it tells of."""
    db.execute(
        "INSERT INTO deliveries (webhook_id, event, body, exchange) "
        "SELECT id, %s, %s, %s FROM webhooks WHERE NOT disabled",
        [event, Jsonb({"occurredAt": now.isoformat(), **facts}), current_exchange.get()],
    )
