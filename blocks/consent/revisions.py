"""Revisions: every state that an object was in, hashed, each naming the one before.

Hashes are SHA-256. The published text names SHA-1, with which two different agreements could be
given one hash by whoever writes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blockkit.clock import Clock
from blockkit.records import Connection, Row


@dataclass(frozen=True, slots=True)
class Author:
    """Who brought a revision about: the person concerned, or an application."""

    individual_id: str | None = None
    application: str | None = None


def add_revision(
    db: Connection,
    clock: Clock,
    schema_name: str,
    object_id: str,
    data: Mapping[str, Any] | None,
    author: Author,
) -> Row:
    """Write the next revision of an object, whose row the caller holds, and give it; no data when it ends."""
    before = latest_revision(db, schema_name, object_id)
    now = clock.now()
    snapshot = canonical(
        {
            "objectData": data,
            "schemaName": schema_name,
            "objectId": object_id,
            "signedWithoutObjectId": False,
            "timestamp": now.isoformat(),
            "authorizedByIndividual": author.individual_id,
            "authorizedByOther": author.application,
            "predecessorHash": before["serialized_hash"] if before else None,
        }
    )
    row = db.execute(
        "INSERT INTO revisions (schema_name, object_id, serialized_snapshot, serialized_hash, "
        "predecessor_hash, authorized_by_individual, authorized_by_other, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING *",
        [
            schema_name,
            object_id,
            snapshot,
            hash_of(snapshot),
            before["serialized_hash"] if before else None,
            author.individual_id,
            author.application,
            now,
        ],
    ).fetchone()
    assert row is not None
    return row


def latest_revision(db: Connection, schema_name: str, object_id: str) -> Row | None:
    """Give the revision that holds now."""
    return db.execute(
        "SELECT * FROM revisions WHERE schema_name = %s AND object_id = %s ORDER BY id DESC LIMIT 1",
        [schema_name, object_id],
    ).fetchone()


def find_revision(db: Connection, schema_name: str, object_id: str | None, identifier: str) -> Row | None:
    """Find a revision by its id or its hash; of one object, if stated."""
    number = (
        int(identifier) if identifier.isascii() and identifier.isdigit() and len(identifier) < 19 else None
    )
    return db.execute(
        "SELECT r.*, (SELECT n.id FROM revisions n WHERE n.schema_name = r.schema_name "
        "AND n.object_id = r.object_id AND n.predecessor_hash = r.serialized_hash) AS successor_id "
        "FROM revisions r WHERE (serialized_hash = %(named)s OR id = %(number)s::bigint) "
        "AND schema_name = %(schema)s AND (%(object)s::text IS NULL OR object_id = %(object)s)",
        {"named": identifier, "number": number, "schema": schema_name, "object": object_id},
    ).fetchone()


def data_of(revision: Row) -> dict[str, Any] | None:
    """Give what an object was like at a revision; None at the one that ended it."""
    data: dict[str, Any] | None = json.loads(revision["serialized_snapshot"])["objectData"]
    return data


def list_revisions(db: Connection, schema_name: str, object_id: str, offset: int, limit: int) -> list[Row]:
    """Give an object's history, oldest first."""
    return db.execute(
        "SELECT *, lead(id) OVER (ORDER BY id) AS successor_id FROM revisions "
        "WHERE schema_name = %s AND object_id = %s ORDER BY id OFFSET %s LIMIT %s",
        [schema_name, object_id, offset, limit],
    ).fetchall()


def revision_on_the_wire(row: Row) -> dict[str, Any]:
    """Write a revision as published."""
    individual, successor = row["authorized_by_individual"], row.get("successor_id")
    return {
        "id": str(row["id"]),
        "schemaName": row["schema_name"],
        "objectId": row["object_id"],
        "signedWithoutObjectId": False,
        "serializedSnapshot": row["serialized_snapshot"],
        "serializedHash": row["serialized_hash"],
        "timestamp": row["created_at"].isoformat(),
        "authorizedByIndividual": {"id": individual} if individual else None,
        "authorizedByOther": row["authorized_by_other"],
        "successor": {"id": str(successor)} if successor else None,
        "predecessorHash": row["predecessor_hash"],
    }


def canonical(value: Any) -> str:
    """Write JSON in the one form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(text: str) -> str:
    """Hash a text."""
    return hashlib.sha256(text.encode()).hexdigest()
