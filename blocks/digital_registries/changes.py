"""Who changed which records: written with every change, and read when the very same request comes again.

A line says which records, not what stood in them. A change that is sent once more, after an answer
that got lost on its way, often finds nothing to change, because it has changed what it looks for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blockkit.records import Connection
from blocks.digital_registries.definitions import Registry

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asker:
    """Which application asks, for which person (empty when it asks by itself), in which exchange."""

    application: str
    person: str
    exchange_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A change that somebody asked for."""

    operation: str
    query: Content
    write: Content
    asker: Asker

    @property
    def fingerprint(self) -> bytes:
        """What two requests share exactly when they are the same."""
        told = json.dumps([self.operation, self.query, self.write], sort_keys=True)
        return hashlib.sha256(told.encode()).digest()


def note_change(db: Connection, registry: Registry, change: Change, record_ids: Sequence[str]) -> None:
    """Write that these records were changed."""
    db.execute(
        """INSERT INTO changes (registry, operation, fingerprint, record_ids, application, person,
                                exchange_id, changed_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            registry.id,
            change.operation,
            change.fingerprint,
            list(record_ids),
            change.asker.application,
            change.asker.person,
            change.asker.exchange_id,
            change.asker.at,
        ],
    )


def changed_before(db: Connection, registry: Registry, change: Change) -> list[str]:
    """Give the ids of the records that the same request changed before; none when it is new."""
    row = db.execute(
        "SELECT record_ids FROM changes WHERE registry = %s AND fingerprint = %s ORDER BY id DESC LIMIT 1",
        [registry.id, change.fingerprint],
    ).fetchone()
    return list(row["record_ids"]) if row else []
