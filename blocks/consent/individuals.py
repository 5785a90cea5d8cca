"""People as this block knows them: an id, and where it comes from. No name, no address.

The id is the person's foundational id, the same in every block.
"""

from __future__ import annotations

from typing import Any

from blockkit.problems import Problem
from blockkit.records import Connection, Row

FOUNDATIONAL = "foundational id"
PROVIDER = "identity"


def create(
    db: Connection, external_id: str, external_id_type: str = FOUNDATIONAL, provider: str = PROVIDER
) -> Row:
    """Enter a person, or give the entry that is there."""
    db.execute(
        "INSERT INTO individuals (id, external_id, external_id_type, identity_provider_id) "
        "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [external_id, external_id, external_id_type, provider],
    )
    there = read(db, external_id)
    if (there["external_id_type"], there["identity_provider_id"]) != (external_id_type, provider):
        raise Problem(400, "id-taken", "this person is entered with another kind of id")
    return there


def read(db: Connection, identifier: str) -> Row:
    """Read a person's entry. Raises Problem 404."""
    row = db.execute("SELECT * FROM individuals WHERE id = %s", [identifier]).fetchone()
    if row is None:
        raise Problem(404, "not-found", "nobody here has this id")
    return row


def list_all(db: Connection, offset: int, limit: int) -> list[Row]:
    """List people, oldest entry first."""
    return db.execute(
        "SELECT * FROM individuals ORDER BY number OFFSET %s LIMIT %s", [offset, limit]
    ).fetchall()


def individual_on_the_wire(row: Row) -> dict[str, Any]:
    """Write a person as published."""
    return {
        "id": row["id"],
        "externalId": row["external_id"],
        "externalIdType": row["external_id_type"],
        "identityProviderId": row["identity_provider_id"],
    }
