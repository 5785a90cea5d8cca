"""Who read whose record, and when: written with every read, told to the person it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from blockkit.records import Connection, Row
from blocks.digital_registries.definitions import Registry
from blocks.digital_registries.entries import Entry


@dataclass(frozen=True, slots=True)
class Reading:
    """One read: by which application, through which exchange, when."""

    operation: str
    reader: str
    exchange_id: str
    at: datetime


def note(db: Connection, registry: Registry, entries: Sequence[Entry], reading: Reading) -> None:
    """Write one line per record about a person."""
    if registry.subject is None:
        return
    about = [
        (one.content[registry.subject], one.record_id) for one in entries if registry.subject in one.content
    ]
    if about:
        people, records = zip(*about, strict=True)
        db.execute(
            """INSERT INTO usages (individual_id, record_id, registry, operation, reader, exchange_id,
                                   read_at)
               SELECT person, record, %s, %s, %s, %s, %s
                 FROM unnest(%s::text[], %s::text[]) AS learnt(person, record)""",
            [
                registry.code,
                reading.operation,
                reading.reader,
                reading.exchange_id,
                reading.at,
                list(people),
                list(records),
            ],
        )


def list_usages(db: Connection, individual_id: str, registry: str) -> list[Row]:
    """List who read a person's records in a registry, oldest first."""
    return db.execute(
        "SELECT * FROM usages WHERE individual_id = %s AND registry = %s ORDER BY id",
        [individual_id, registry],
    ).fetchall()
