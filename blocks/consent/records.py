"""Consent records: one for each person and agreement; agreeing and withdrawing are revisions of it.

A record is signed when the person's own token stood behind its last revision. Nothing is ever
deleted: who withdrew can be shown to have agreed before, and until when.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.consent import documents, individuals
from blocks.consent.revisions import Author, add_revision, revision_on_the_wire
from blocks.consent.signing import attest, signature_on_the_wire

SCHEMA = "ConsentRecord"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who acts on a record: the person, with the token that proves it (none when the block runs alone)."""

    individual_id: str
    token: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A record with its latest revision and signature, in published form."""

    record: dict[str, Any]
    revision: dict[str, Any]
    signature: dict[str, Any] | None


def agree(
    kit: Kit, db: Connection, signer: Signer, agreement_id: str, revision: str | None, *, opt_in: bool = True
) -> Answer:
    """Record what a person says to an agreement as it reads now.

    Args:
        kit: The block's parts.
        db: Inside a transaction.
        signer: Who says it.
        agreement_id: The data agreement.
        revision: Id or hash of the revision that the person was shown, if stated; only the latest will do.
        opt_in: Yes or no.
    """
    agreement = _open_agreement(db, agreement_id, revision)
    individuals.create(db, signer.individual_id)
    db.execute(
        "INSERT INTO records (id, individual_id, agreement_id, agreement_revision_id, opt_in, state) "
        "VALUES (%s, %s, %s, %s, %s, 'unsigned') ON CONFLICT (individual_id, agreement_id) DO NOTHING",
        [secrets.token_hex(12), signer.individual_id, agreement_id, agreement.revision["id"], opt_in],
    )
    row = db.execute(
        "SELECT * FROM records WHERE individual_id = %s AND agreement_id = %s FOR UPDATE",
        [signer.individual_id, agreement_id],
    ).fetchone()
    assert row is not None
    return _revise(kit, db, signer, row, agreement.revision, opt_in=opt_in)


def change(kit: Kit, db: Connection, signer: Signer, record_id: str, *, opt_in: bool) -> Answer:
    """Withdraw a consent, or give it again. Raises Problem 404, or 403 for another's record."""
    row = db.execute("SELECT * FROM records WHERE id = %s FOR UPDATE", [record_id]).fetchone()
    if row is None:
        raise Problem(404, "not-found", f"there is no consent record {record_id}")
    if row["individual_id"] != signer.individual_id:
        raise Problem(403, "not-your-own", "a consent record is changed by the person it is about")
    if opt_in and not row["opt_in"]:  # a no stands whatever became of the agreement; a yes needs today's text
        agreed = _open_agreement(db, row["agreement_id"], None).revision
    else:
        agreed = _revision(db, row["agreement_revision_id"])
    return _revise(kit, db, signer, row, agreed, opt_in=opt_in)


def draft(db: Connection, individual_id: str, agreement_id: str, revision: str | None) -> dict[str, Any]:
    """Write the record that a person would sign; it is kept nowhere."""
    agreement = _open_agreement(db, agreement_id, revision)
    return {
        "dataAgreement": dict(agreement.data),
        "dataAgreementRevision": revision_on_the_wire(agreement.revision),
        "dataAgreementRevisionHash": agreement.revision["serialized_hash"],
        "individual": {"id": individual_id},
        "optIn": True,
        "state": "unsigned",
    }


def find(
    db: Connection,
    *,
    individual_id: str | None = None,
    agreement_id: str | None = None,
    record_id: str | None = None,
    offset: int = 0,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Find records as they stand now, oldest first, in published form."""
    rows = db.execute(
        "SELECT * FROM records WHERE (%(person)s::text IS NULL OR individual_id = %(person)s) "
        "AND (%(agreement)s::text IS NULL OR agreement_id = %(agreement)s) "
        "AND (%(record)s::text IS NULL OR id = %(record)s) ORDER BY number OFFSET %(offset)s LIMIT %(limit)s",
        {
            "person": individual_id,
            "agreement": agreement_id,
            "record": record_id,
            "offset": offset,
            "limit": limit,
        },
    ).fetchall()
    return [each.record for each in _answers(db, rows)]


def read(db: Connection, record_id: str) -> Answer:
    """Read one record. Raises Problem 404."""
    rows = db.execute("SELECT * FROM records WHERE id = %s", [record_id]).fetchall()
    if not rows:
        raise Problem(404, "not-found", f"there is no consent record {record_id}")
    return _answers(db, rows)[0]


def _revise(kit: Kit, db: Connection, signer: Signer, row: Row, agreed: Row, *, opt_in: bool) -> Answer:
    """Write the record's next revision, unless it would say what the last one says."""
    state = "signed" if signer.token else "unsigned"
    wanted = {"opt_in": opt_in, "agreement_revision_id": agreed["id"], "state": state}
    if row["revision_id"] is not None and all(row[name] == value for name, value in wanted.items()):
        return read(db, row["id"])
    data = {
        "id": row["id"],
        "dataAgreement": row["agreement_id"],
        "dataAgreementRevision": str(agreed["id"]),
        "dataAgreementRevisionHash": agreed["serialized_hash"],
        "individual": row["individual_id"],
        "optIn": opt_in,
        "state": state,
    }
    author = Author(individual_id=row["individual_id"])
    revision = add_revision(db, kit.clock, SCHEMA, row["id"], data, author)
    db.execute(
        "UPDATE records SET opt_in = %s, agreement_revision_id = %s, state = %s, revision_id = %s "
        "WHERE id = %s",
        [opt_in, agreed["id"], state, revision["id"], row["id"]],
    )
    if signer.token:
        attest(db, kit.clock, kit.settings.sandbox_id, revision, signer.individual_id, signer.token)
    return read(db, row["id"])


def _open_agreement(db: Connection, agreement_id: str, revision: str | None) -> documents.Document:
    agreement = documents.read(db, "DataAgreement", agreement_id)
    if not agreement.data.get("active", True):
        raise Problem(400, "agreement-inactive", f"the data agreement {agreement_id} takes no more consents")
    if revision not in (None, str(agreement.revision["id"]), agreement.revision["serialized_hash"]):
        raise Problem(400, "agreement-changed", "the data agreement reads differently by now; ask again")
    return agreement


def _revision(db: Connection, identifier: int) -> Row:
    row = db.execute("SELECT * FROM revisions WHERE id = %s", [identifier]).fetchone()
    assert row is not None
    return row


def _answers(db: Connection, rows: Sequence[Row]) -> list[Answer]:
    """Put records together with what they refer to: four queries, however many records."""
    wanted = [row[column] for row in rows for column in ("agreement_revision_id", "revision_id")]
    revisions = _by(db, "id", "SELECT * FROM revisions WHERE id = ANY(%s)", wanted)
    signatures = _by(db, "revision_id", "SELECT * FROM signatures WHERE revision_id = ANY(%s)", wanted)
    people = _by(
        db, "id", "SELECT * FROM individuals WHERE id = ANY(%s)", [row["individual_id"] for row in rows]
    )
    agreements = _by(
        db,
        "id",
        "SELECT * FROM documents WHERE schema_name = 'DataAgreement' AND id = ANY(%s)",
        [row["agreement_id"] for row in rows],
    )
    answers = []
    for row in rows:
        agreed, revision = revisions[row["agreement_revision_id"]], revisions[row["revision_id"]]
        signature = signatures.get(revision["id"])
        signed = signature_on_the_wire(signature, revision) if signature else None
        record = {
            "id": row["id"],
            "dataAgreement": agreements[row["agreement_id"]]["data"],
            "dataAgreementRevision": revision_on_the_wire(agreed),
            "dataAgreementRevisionHash": agreed["serialized_hash"],
            "individual": individuals.individual_on_the_wire(people[row["individual_id"]]),
            "optIn": row["opt_in"],
            "state": row["state"],
            "signature": signed,
        }
        answers.append(Answer(record, revision_on_the_wire(revision), signed))
    return answers


def _by(db: Connection, key: str, query: LiteralString, wanted: Sequence[Any]) -> dict[Any, Row]:
    return {row[key]: row for row in db.execute(query, [list(wanted)]).fetchall()}
