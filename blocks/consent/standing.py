"""How records stand now, put together with what they refer to: a fixed number of queries, however many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.consent.individuals import individual_on_the_wire
from blocks.consent.revisions import revision_on_the_wire
from blocks.consent.signing import signature_on_the_wire


@dataclass(frozen=True, slots=True)
class Answer:
    """A record with its latest revision and last signature, in published form."""

    record: dict[str, Any]
    revision: dict[str, Any]
    signature: dict[str, Any] | None


def find(
    db: Connection,
    *,
    individual_id: str | None = None,
    agreement_id: str | None = None,
    offset: int = 0,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Find records as they stand now, oldest first, in published form."""
    rows = db.execute(
        "SELECT * FROM records WHERE (%(person)s::text IS NULL OR individual_id = %(person)s) "
        "AND (%(agreement)s::text IS NULL OR agreement_id = %(agreement)s) "
        "ORDER BY number OFFSET %(offset)s LIMIT %(limit)s",
        {"person": individual_id, "agreement": agreement_id, "offset": offset, "limit": limit},
    ).fetchall()
    return [each.record for each in _answers(db, rows)]


def read(db: Connection, record_id: str) -> Answer:
    """Read one record. Raises Problem 404."""
    rows = db.execute("SELECT * FROM records WHERE id = %s", [record_id]).fetchall()
    if not rows:
        raise Problem(404, "not-found", f"there is no consent record {record_id}")
    return _answers(db, rows)[0]


def last_signatures(db: Connection, revisions: Sequence[int]) -> dict[int, Row]:
    """Give the last signature under each of some revisions, for those that have one."""
    query = "SELECT * FROM signatures WHERE revision_id = ANY(%s) ORDER BY id"
    return _by(db, "revision_id", query, revisions)


def _answers(db: Connection, rows: Sequence[Row]) -> list[Answer]:
    wanted = [row[column] for row in rows for column in ("agreement_revision_id", "revision_id")]
    revisions = _by(db, "id", "SELECT * FROM revisions WHERE id = ANY(%s)", wanted)
    signatures = last_signatures(db, wanted)
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
            "individual": individual_on_the_wire(people[row["individual_id"]]),
            "optIn": row["opt_in"],
            "state": row["state"],
            "signature": signed,
        }
        answers.append(Answer(record, revision_on_the_wire(revision), signed))
    return answers


def _by(db: Connection, key: str, query: LiteralString, wanted: Sequence[Any]) -> dict[Any, Row]:
    return {row[key]: row for row in db.execute(query, [list(wanted)]).fetchall()}
