"""Consent records: one for each person and agreement; agreeing and withdrawing are revisions of it.

A record is signed when the person's own token, or a key of their own, stood behind its last revision. Nothing
is deleted but what an agreement calls forgettable: who withdrew can be shown to have agreed before.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.consent import documents, events, individuals, own_keys, signing, standing
from blocks.consent.revisions import Author, add_revision, revision_on_the_wire
from blocks.consent.standing import Answer

SCHEMA = "ConsentRecord"
SIGNED, UNSIGNED, PENDING = "signed", "unsigned", "pending more signatures"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who acts on a record: the person, with the token that proves it (none when the block runs alone)."""

    individual_id: str
    token: str | None


def agree(
    kit: Kit,
    db: Connection,
    signer: Signer,
    agreement_id: str,
    revision: str | None,
    *,
    opt_in: bool = True,
    record_id: str | None = None,
) -> Answer:
    """Record what a person says to an agreement as it reads now.

    Args:
        kit: The block's parts.
        db: Inside a transaction.
        signer: Who says it.
        agreement_id: The data agreement.
        revision: Id or hash of the revision that the person was shown, if stated; only the latest will do.
        opt_in: Yes or no.
        record_id: Of a record that is made, only where it is not ours to choose.
    """
    row, agreed = _opened(db, signer, agreement_id, revision, opt_in=opt_in, record_id=record_id)
    _revise(kit, db, signer, row, agreed, opt_in=opt_in)
    return standing.read(db, row["id"])


def agree_to_draft(
    kit: Kit,
    db: Connection,
    signer: Signer,
    agreement_id: str,
    revision: str,
    signature: str,
    *,
    opt_in: bool,
) -> Answer:
    """Record what a person says to a draft that was given out, with the signature of their own key if any."""
    row, agreed = _opened(db, signer, agreement_id, revision, opt_in=opt_in)
    person = row["individual_id"]
    snapshot = own_keys.draft_snapshot(agreement_id, agreed["serialized_hash"], person, opt_in=opt_in)
    own = own_keys.verify(signature, own_keys.payload_for_draft(snapshot)) if signature else None
    written = _revise(kit, db, signer, row, agreed, opt_in=opt_in)
    there = {each["method"] for each in signing.find_signatures(db, written["id"])}
    if own is not None and own_keys.METHOD not in there:
        signing.keep_own(db, kit.clock, written, own, snapshot)
        _sign(db, row["id"])
    return standing.read(db, row["id"])


def change(kit: Kit, db: Connection, signer: Signer, record_id: str, *, opt_in: bool) -> Answer:
    """Withdraw a consent, or give it again. Raises Problem 404, or 403 for another's record."""
    row = _own_record(db, signer, record_id)
    if opt_in and not row["opt_in"]:  # a no stands whatever became of the agreement; a yes needs today's text
        agreed = _open_agreement(db, row["agreement_id"], None).revision
    else:
        agreed = _revision(db, row["agreement_revision_id"])
    _revise(kit, db, signer, row, agreed, opt_in=opt_in)
    return standing.read(db, record_id)


def draft(
    db: Connection, individual_id: str, agreement_id: str, revision: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the record that a person would agree to, and the signature they would make; neither is kept."""
    agreement = _open_agreement(db, agreement_id, revision)
    person, agreed = individuals.id_of(db, individual_id), agreement.revision["serialized_hash"]
    record = {
        "dataAgreement": dict(agreement.data),
        "dataAgreementRevision": revision_on_the_wire(agreement.revision),
        "dataAgreementRevisionHash": agreed,
        "individual": {"id": person},
        "optIn": True,
        "state": UNSIGNED,
    }
    snapshot = own_keys.draft_snapshot(agreement_id, agreed, person, opt_in=True)
    return record, signing.draft_on_the_wire(snapshot)


def ask_for_signature(kit: Kit, db: Connection, signer: Signer, record_id: str) -> dict[str, Any]:
    """Give the payload that a person may sign with a key of their own. Raises Problem 404 or 403."""
    row = _own_record(db, signer, record_id)
    revision = _revision(db, row["revision_id"])
    for there in signing.find_signatures(db, revision["id"]):
        if there["method"] == own_keys.METHOD:
            return signing.signature_on_the_wire(there, revision)
    asked = signing.ask_for_own(db, kit.clock, revision)
    if row["state"] == UNSIGNED:
        db.execute("UPDATE records SET state = %s WHERE id = %s", [PENDING, record_id])
    return signing.unsigned_on_the_wire(asked, revision)


def take_signature(
    kit: Kit, db: Connection, signer: Signer, record_id: str, signature: str
) -> dict[str, Any]:
    """Verify and keep the signature that was asked for. Raises Problem 400, 403 or 404."""
    row = _own_record(db, signer, record_id)
    revision = _revision(db, row["revision_id"])
    taken = signing.take_own(db, kit.clock, revision, signature)
    if row["state"] != SIGNED:
        _sign(db, record_id)
        events.queue(db, "consent-signed", kit.clock.now(), _facts(row, opt_in=row["opt_in"]))
    return signing.signature_on_the_wire(taken, revision)


def forget(kit: Kit, db: Connection, signer: Signer) -> int:
    """Delete of a person's records what may go, and tell how many."""
    person = individuals.id_of(db, signer.individual_id)
    gone = db.execute("SELECT * FROM forget_individual(%s)", [person]).fetchall()
    for each in gone:
        told = {
            "consentRecordId": each["record_id"],
            "dataAgreementId": each["agreement_id"],
            "individualId": person,
        }
        events.queue(db, "consent-forgotten", kit.clock.now(), told)
    return len(gone)


def _opened(
    db: Connection,
    signer: Signer,
    agreement_id: str,
    revision: str | None,
    *,
    opt_in: bool,
    record_id: str | None = None,
) -> tuple[Row, Row]:
    """Give the person's record of an agreement, held, and the agreement's revision; make it if need be."""
    agreement = _open_agreement(db, agreement_id, revision)
    person = individuals.id_of(db, signer.individual_id)
    individuals.enter(db, person)
    db.execute(
        "INSERT INTO records (id, individual_id, agreement_id, agreement_revision_id, opt_in, state) "
        "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (individual_id, agreement_id) DO NOTHING",
        [
            record_id or secrets.token_hex(12),
            person,
            agreement_id,
            agreement.revision["id"],
            opt_in,
            UNSIGNED,
        ],
    )
    row = db.execute(
        "SELECT * FROM records WHERE individual_id = %s AND agreement_id = %s FOR UPDATE",
        [person, agreement_id],
    ).fetchone()
    assert row is not None
    return row, agreement.revision


def _own_record(db: Connection, signer: Signer, record_id: str) -> Row:
    row = db.execute("SELECT * FROM records WHERE id = %s FOR UPDATE", [record_id]).fetchone()
    if row is None:
        raise Problem(404, "not-found", f"there is no consent record {record_id}")
    if row["individual_id"] != individuals.id_of(db, signer.individual_id):
        raise Problem(403, "not-your-own", "a consent record is changed by the person it is about")
    return row


def _revise(kit: Kit, db: Connection, signer: Signer, row: Row, agreed: Row, *, opt_in: bool) -> Row:
    """Write the record's next revision, unless it would say what the last one says; give what holds."""
    says_the_same = (row["opt_in"], row["agreement_revision_id"]) == (opt_in, agreed["id"])
    if row["revision_id"] is not None and says_the_same and (row["state"] == SIGNED or not signer.token):
        return _revision(db, row["revision_id"])
    state = SIGNED if signer.token else UNSIGNED
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
    if row["revision_id"] is not None:
        db.execute("DELETE FROM unsigned_signatures WHERE revision_id = %s", [row["revision_id"]])
    db.execute(
        "UPDATE records SET opt_in = %s, agreement_revision_id = %s, state = %s, revision_id = %s "
        "WHERE id = %s",
        [opt_in, agreed["id"], state, revision["id"], row["id"]],
    )
    if signer.token:
        individual = row["individual_id"]
        signing.attest(db, kit.clock, kit.settings.sandbox_id, revision, individual, signer.token)
    said_yes = row["revision_id"] is not None and row["opt_in"]
    event = "consent-given" if opt_in else "consent-withdrawn" if said_yes else "consent-refused"
    events.queue(db, event, kit.clock.now(), _facts(row, opt_in=opt_in))
    return revision


def _facts(row: Row, *, opt_in: bool) -> Mapping[str, Any]:
    return {
        "consentRecordId": row["id"],
        "dataAgreementId": row["agreement_id"],
        "individualId": row["individual_id"],
        "optIn": opt_in,
    }


def _sign(db: Connection, record_id: str) -> None:
    db.execute("UPDATE records SET state = %s WHERE id = %s", [SIGNED, record_id])


def _open_agreement(db: Connection, agreement_id: str, revision: str | None) -> documents.Document:
    agreement = documents.read_held(db, "DataAgreement", agreement_id)
    if not agreement.data.get("active", True):
        raise Problem(400, "agreement-inactive", f"the data agreement {agreement_id} takes no more consents")
    if revision not in (None, str(agreement.revision["id"]), agreement.revision["serialized_hash"]):
        raise Problem(400, "agreement-changed", "the data agreement reads differently by now; ask again")
    return agreement


def _revision(db: Connection, identifier: int) -> Row:
    row = db.execute("SELECT * FROM revisions WHERE id = %s", [identifier]).fetchone()
    assert row is not None
    return row
