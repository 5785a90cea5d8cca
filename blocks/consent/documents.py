"""Policies and data agreements: documents with an id, a current text and a history of revisions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from psycopg.types.json import Jsonb

from blockkit.clock import Clock
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.consent.revisions import Author, add_revision, latest_revision

Kind = Literal["Policy", "DataAgreement"]
NAMES: Mapping[Kind, str] = {"Policy": "policy", "DataAgreement": "data agreement"}


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it reads now, with the revision that says so."""

    data: Mapping[str, Any]
    revision: Row

    @property
    def id(self) -> str:
        """The document's id."""
        return str(self.data["id"])


def create(db: Connection, clock: Clock, kind: Kind, data: Mapping[str, Any], author: Author) -> Document:
    """Add a document; the same one again gives the first answer, another under its id is refused."""
    identifier = data.get("id") or secrets.token_hex(8)
    text = _checked(db, kind, {**data, "id": identifier})
    inserted = db.execute(
        "INSERT INTO documents (schema_name, id, data) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING "
        "RETURNING id",
        [kind, identifier, Jsonb(text)],
    ).fetchone()
    if inserted is not None:
        return Document(text, add_revision(db, clock, kind, identifier, text, author))
    there = read(db, kind, identifier)
    if there.data != text:
        raise Problem(400, "id-taken", f"there is another {NAMES[kind]} with the id {identifier}")
    return there


def update(
    db: Connection, clock: Clock, kind: Kind, identifier: str, data: Mapping[str, Any], author: Author
) -> Document:
    """Change a document, as a new revision; what is not changed makes none."""
    row = db.execute(
        "SELECT data FROM documents WHERE schema_name = %s AND id = %s FOR UPDATE", [kind, identifier]
    ).fetchone()
    if row is None:
        raise _unknown(kind, identifier)
    text = _checked(db, kind, {**data, "id": identifier})
    if row["data"] == text:
        return read(db, kind, identifier)
    db.execute(
        "UPDATE documents SET data = %s WHERE schema_name = %s AND id = %s", [Jsonb(text), kind, identifier]
    )
    return Document(text, add_revision(db, clock, kind, identifier, text, author))


def read(db: Connection, kind: Kind, identifier: str) -> Document:
    """Read a document with its latest revision. Raises Problem 404."""
    row = db.execute(
        "SELECT data FROM documents WHERE schema_name = %s AND id = %s", [kind, identifier]
    ).fetchone()
    revision = latest_revision(db, kind, identifier)
    if row is None or revision is None:
        raise _unknown(kind, identifier)
    return Document(row["data"], revision)


def list_all(db: Connection, kind: Kind, offset: int, limit: int) -> list[dict[str, Any]]:
    """List documents, oldest first."""
    rows = db.execute(
        "SELECT data FROM documents WHERE schema_name = %s ORDER BY number OFFSET %s LIMIT %s",
        [kind, offset, limit],
    ).fetchall()
    return [row["data"] for row in rows]


def _checked(db: Connection, kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    """Turn a reference to a policy into its id, which must be known."""
    policy = data.get("policy")
    if kind == "DataAgreement" and policy is not None:
        identifier = policy.get("id") if isinstance(policy, dict) else policy
        try:
            read(db, "Policy", str(identifier))
        except Problem as unknown:
            raise Problem(400, "policy-unknown", unknown.detail) from None
        data["policy"] = {"id": str(identifier)}
    return data


def _unknown(kind: Kind, identifier: str) -> Problem:
    return Problem(404, "not-found", f"there is no {NAMES[kind]} with the id {identifier}")
