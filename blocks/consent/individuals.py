"""People as this block knows them: an id, and where it comes from. No name, no address.

Whoever is known by a foundational id has that as id here, the same in every block, and keeps it. An id of
another kind says nothing about who logs in, so such an entry gets an id of its own and may be corrected.
"""

from __future__ import annotations

import secrets
from typing import Any

from psycopg.errors import UniqueViolation

from blockkit.problems import Problem
from blockkit.records import Connection, Row

FOUNDATIONAL = "foundational id"
PROVIDER = "identity"


def create(
    db: Connection,
    external_id: str,
    external_id_type: str = FOUNDATIONAL,
    provider: str = PROVIDER,
    *,
    identifier: str | None = None,
) -> Row:
    """Enter a person, or give the entry that is there; `identifier` only where it is not ours to choose."""
    if identifier is None:
        identifier = external_id if external_id_type == FOUNDATIONAL else f"other-{secrets.token_hex(8)}"
    db.execute(
        "INSERT INTO individuals (id, external_id, external_id_type, identity_provider_id) "
        "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [identifier, external_id, external_id_type, provider],
    )
    there = db.execute(
        "SELECT * FROM individuals WHERE external_id_type = %s AND external_id = %s",
        [external_id_type, external_id],
    ).fetchone()
    if there is None or there["identity_provider_id"] != provider:
        raise Problem(400, "id-taken", "somebody is entered with this id, from another provider")
    return there


def read(db: Connection, identifier: str) -> Row:
    """Read a person's entry by its id, or by the foundational id. Raises Problem 404."""
    row = db.execute(
        "SELECT * FROM individuals WHERE id = %(named)s "
        "OR (external_id_type = %(foundational)s AND external_id = %(named)s) ORDER BY id = %(named)s DESC",
        {"named": identifier, "foundational": FOUNDATIONAL},
    ).fetchone()
    if row is None:
        raise Problem(404, "not-found", "nobody here has this id")
    return row


def id_of(db: Connection, named: str) -> str:
    """Give the id of a person's entry; of somebody who is not entered yet, what they were named by."""
    try:
        return str(read(db, named)["id"])
    except Problem:
        return named


def enter(db: Connection, identifier: str) -> None:
    """Enter somebody who logged in and is not known yet; the id in a token is a foundational one."""
    if db.execute("SELECT FROM individuals WHERE id = %s", [identifier]).fetchone() is None:
        create(db, identifier)


def update(db: Connection, identifier: str, external_id: str, external_id_type: str, provider: str) -> Row:
    """Correct where a person's id comes from. Raises Problem 404, or 400 where consent would change hands."""
    there = read(db, identifier)
    wanted = (external_id, external_id_type)
    if wanted != (there["external_id"], there["external_id_type"]) and FOUNDATIONAL in (
        there["external_id_type"],
        external_id_type,
    ):
        raise Problem(400, "id-fixed", "a foundational id says whose consent it is; it stays")
    try:
        row = db.execute(
            "UPDATE individuals SET external_id = %s, external_id_type = %s, identity_provider_id = %s "
            "WHERE id = %s RETURNING *",
            [external_id, external_id_type, provider, there["id"]],
        ).fetchone()
    except UniqueViolation:
        raise Problem(400, "id-taken", "somebody else is entered with this id") from None
    assert row is not None
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
