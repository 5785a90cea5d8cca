"""Policies and data agreements: documents with an id, a current text and a history of revisions.

Deleting one ends its history with a revision that says so; the history stays readable, and its id is
not given out again, because consents name it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from psycopg.types.json import Jsonb

from blockkit.clock import Clock
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.consent.revisions import Author, add_revision, data_of, find_revision, latest_revision

Kind = Literal["Policy", "DataAgreement"]
NAMES: Mapping[Kind, str] = {"Policy": "policy", "DataAgreement": "data agreement"}


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it reads now, or read once, with the revision that says so."""

    data: Mapping[str, Any]
    revision: Row
    changed: bool = True
    """Whether the operation that gave it has written it."""

    @property
    def id(self) -> str:
        """The document's id."""
        return str(self.data["id"])


def create(db: Connection, clock: Clock, kind: Kind, data: Mapping[str, Any], author: Author) -> Document:
    """Add a document; the same one again gives the first answer, another under its id is refused."""
    identifier = data.get("id") or _id_of_same(db, kind, data) or secrets.token_hex(8)
    text = _checked(db, kind, {**data, "id": identifier})
    inserted = db.execute(
        "INSERT INTO documents (schema_name, id, data) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING "
        "RETURNING id",
        [kind, identifier, Jsonb(text)],
    ).fetchone()
    if inserted is not None:
        return Document(text, add_revision(db, clock, kind, identifier, text, author))
    there = db.execute(
        "SELECT data, deleted FROM documents WHERE schema_name = %s AND id = %s", [kind, identifier]
    ).fetchone()
    assert there is not None, "rows of documents are never deleted"
    if there["deleted"]:
        raise Problem(400, "id-taken", f"a {NAMES[kind]} with the id {identifier} was deleted")
    if there["data"] != text:
        raise Problem(400, "id-taken", f"there is another {NAMES[kind]} with the id {identifier}")
    return read(db, kind, identifier)


def update(
    db: Connection, clock: Clock, kind: Kind, identifier: str, data: Mapping[str, Any], author: Author
) -> Document:
    """Change a document, as a new revision; what is not changed makes none."""
    row = _held(db, kind, identifier)
    if row is None or row["deleted"]:
        raise _unknown(kind, identifier)
    text = _checked(db, kind, {**data, "id": identifier})
    if row["data"] == text:
        return read(db, kind, identifier)
    db.execute(
        "UPDATE documents SET data = %s WHERE schema_name = %s AND id = %s", [Jsonb(text), kind, identifier]
    )
    return Document(text, add_revision(db, clock, kind, identifier, text, author))


def delete(db: Connection, clock: Clock, kind: Kind, identifier: str, author: Author) -> Document:
    """Delete a document that nothing stands on; deleting it again gives the first answer.

    Raises Problem 404, or 400 for a policy that an active agreement is governed by, and for an agreement
    to which somebody still consents.
    """
    row = _held(db, kind, identifier)
    if row is None:
        raise _unknown(kind, identifier)
    last = latest_revision(db, kind, identifier)
    assert last is not None
    if row["deleted"]:
        return Document(row["data"], last, changed=False)
    if in_use := _in_use(db, kind, identifier):
        raise Problem(400, "in-use", in_use)
    db.execute("UPDATE documents SET deleted = true WHERE schema_name = %s AND id = %s", [kind, identifier])
    return Document(row["data"], add_revision(db, clock, kind, identifier, None, author))


def read(db: Connection, kind: Kind, identifier: str, revision_id: str | None = None) -> Document:
    """Read a document as it reads now, or as one of its revisions has it. Raises Problem 404.

    A revision is readable when the document is deleted, too: consents were given to it.
    """
    if revision_id is not None:
        revision = find_revision(db, kind, identifier, revision_id)
        data = data_of(revision) if revision else None
        if revision is None or data is None:
            raise Problem(404, "not-found", f"there is no such revision of the {NAMES[kind]} {identifier}")
        return Document(data, revision, changed=False)
    row = db.execute(
        "SELECT data FROM documents WHERE schema_name = %s AND id = %s AND NOT deleted", [kind, identifier]
    ).fetchone()
    if row is None:
        raise _unknown(kind, identifier)
    revision = latest_revision(db, kind, identifier)
    assert revision is not None
    return Document(row["data"], revision, changed=False)


def find(db: Connection, kind: Kind, identifier: str) -> Document | None:
    """Read a document, if it is there and not deleted."""
    try:
        return read(db, kind, identifier)
    except Problem:
        return None


def read_held(db: Connection, kind: Kind, identifier: str) -> Document:
    """Read a document that must not be changed or deleted before this transaction ends."""
    db.execute(
        "SELECT FROM documents WHERE schema_name = %s AND id = %s FOR SHARE", [kind, identifier]
    ).fetchone()
    return read(db, kind, identifier)


def last_text(db: Connection, kind: Kind, identifier: str) -> Mapping[str, Any]:
    """Give how a document read last, deleted or not. Raises Problem 404."""
    row = db.execute(
        "SELECT data FROM documents WHERE schema_name = %s AND id = %s", [kind, identifier]
    ).fetchone()
    if row is None:
        raise _unknown(kind, identifier)
    data: Mapping[str, Any] = row["data"]
    return data


def list_all(
    db: Connection, kind: Kind, offset: int, limit: int, revision_id: str | None = None
) -> list[dict[str, Any]]:
    """List documents, oldest first; with a revision's id, the one document that it is of, as it then read."""
    if revision_id is not None:
        revision = find_revision(db, kind, None, revision_id)
        data = data_of(revision) if revision else None
        return [] if data is None else [data][offset : offset + limit]
    rows = db.execute(
        "SELECT data FROM documents WHERE schema_name = %s AND NOT deleted "
        "ORDER BY number OFFSET %s LIMIT %s",
        [kind, offset, limit],
    ).fetchall()
    return [row["data"] for row in rows]


def _id_of_same(db: Connection, kind: Kind, data: Mapping[str, Any]) -> str | None:
    """Give the id of the document that reads like this one, which came without an id."""
    text = _checked(db, kind, dict(data))
    row = db.execute(
        "SELECT id FROM documents WHERE schema_name = %s AND data - 'id' = %s AND NOT deleted "
        "ORDER BY number LIMIT 1",
        [kind, Jsonb(text)],
    ).fetchone()
    return row["id"] if row else None


def _held(db: Connection, kind: Kind, identifier: str) -> Row | None:
    return db.execute(
        "SELECT data, deleted FROM documents WHERE schema_name = %s AND id = %s FOR UPDATE",
        [kind, identifier],
    ).fetchone()


def _in_use(db: Connection, kind: Kind, identifier: str) -> str | None:
    if kind == "Policy":
        row = db.execute(
            "SELECT id FROM documents WHERE schema_name = 'DataAgreement' AND NOT deleted "
            "AND data #>> '{policy,id}' = %s AND (data ->> 'active')::boolean IS DISTINCT FROM false LIMIT 1",
            [identifier],
        ).fetchone()
        return f"the active data agreement {row['id']} is governed by this policy" if row else None
    row = db.execute(
        "SELECT id FROM records WHERE agreement_id = %s AND opt_in LIMIT 1", [identifier]
    ).fetchone()
    return "somebody consents to this data agreement; close it with active: false instead" if row else None


def _checked(db: Connection, kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    """Turn a reference to a policy into its id, which must be known."""
    policy = data.get("policy")
    if kind == "DataAgreement" and policy is not None:
        identifier = policy.get("id") if isinstance(policy, dict) else policy
        try:
            read_held(db, "Policy", str(identifier))
        except Problem as unknown:
            raise Problem(400, "policy-unknown", unknown.detail) from None
        data["policy"] = {"id": str(identifier)}
    return data


def _unknown(kind: Kind, identifier: str) -> Problem:
    return Problem(404, "not-found", f"there is no {NAMES[kind]} with the id {identifier}")
