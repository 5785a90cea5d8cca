"""Who read whose record, and when: written with every read, told to the person it is about."""

from __future__ import annotations

from collections.abc import Sequence

from blockkit.records import Connection, Row
from blocks.digital_registries.changes import Asker
from blocks.digital_registries.definitions import Registry
from blocks.digital_registries.entries import Entry


def note(db: Connection, registry: Registry, entries: Sequence[Entry], operation: str, asker: Asker) -> None:
    """Write one line per record about a person."""
    if registry.subject is None:
        return
    about = [
        (one.content[registry.subject], one.record_id) for one in entries if registry.subject in one.content
    ]
    if about:
        people, records = zip(*about, strict=True)
        db.execute(
            """INSERT INTO usages (individual_id, record_id, registry, operation, application, person,
                                   exchange_id, read_at)
               SELECT subject, record, %s, %s, %s, %s, %s, %s
                 FROM unnest(%s::text[], %s::text[]) AS learnt(subject, record)""",
            [
                registry.code,
                operation,
                asker.application,
                asker.person,
                asker.exchange_id,
                asker.at,
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


def latest_usages(db: Connection, individual_id: str, registry: str, *, most: int = 20) -> list[Row]:
    """List who read a person's records in a registry of late, newest first."""
    return db.execute(
        "SELECT * FROM usages WHERE individual_id = %s AND registry = %s ORDER BY id DESC LIMIT %s",
        [individual_id, registry, most],
    ).fetchall()
