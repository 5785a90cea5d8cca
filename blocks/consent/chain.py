"""Whether the history holds: every hash is its snapshot's, names the one before, and ends in what holds now.

Set-based, in the database: the whole history in one pass. Signatures are verified by the keys that are
published or that they carry, as anybody else could do.
"""

from __future__ import annotations

import json
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.consent import own_keys
from blocks.consent.revisions import hash_of
from blocks.consent.signing import ALGORITHM, METHOD, published_keys

MOST_NAMED = 100
"""Faults that are named; beyond that, something else than a fault has happened."""

HISTORY = """
WITH told AS (
    SELECT id, schema_name, object_id, serialized_hash, predecessor_hash, serialized_snapshot,
           lag(serialized_hash) OVER own AS before, lead(id) OVER own IS NULL AS last
      FROM revisions WINDOW own AS (PARTITION BY schema_name, object_id ORDER BY id))
SELECT id, schema_name, object_id,
       CASE WHEN encode(sha256(convert_to(serialized_snapshot, 'UTF8')), 'hex') <> serialized_hash
            THEN 'the hash is not the snapshot''s'
            WHEN predecessor_hash IS DISTINCT FROM before
              OR serialized_snapshot::jsonb ->> 'predecessorHash' IS DISTINCT FROM before
            THEN 'it does not name the one before'
            WHEN last AND NOT EXISTS (
                 SELECT FROM documents d WHERE d.schema_name = told.schema_name AND d.id = object_id
                    AND CASE WHEN d.deleted THEN 'null' ELSE d.data END
                      = told.serialized_snapshot::jsonb -> 'objectData'
                 UNION ALL
                 SELECT FROM records r WHERE told.schema_name = 'ConsentRecord' AND r.id = object_id
                    AND r.revision_id = told.id
                    AND jsonb_build_object('optIn', r.opt_in, 'individual', r.individual_id,
                                           'dataAgreement', r.agreement_id)
                     <@ (told.serialized_snapshot::jsonb -> 'objectData'))
            THEN 'what holds now is something else'
       END AS fault
  FROM told ORDER BY id
"""
SIGNED = """
SELECT r.id AS record_id, s.*, v.serialized_snapshot, v.object_id FROM records r
  JOIN revisions v ON v.id = r.revision_id LEFT JOIN signatures s ON s.revision_id = v.id
 WHERE r.state = 'signed' ORDER BY r.number
"""


def check(db: Connection) -> dict[str, Any]:
    """Check everything, and name what does not hold."""
    history = db.execute(HISTORY).fetchall()
    faults = [
        {
            "schemaName": row["schema_name"],
            "objectId": row["object_id"],
            "at": str(row["id"]),
            "fault": row["fault"],
        }
        for row in history
        if row["fault"]
    ]
    published = published_keys(db)
    keys = KeySet.import_key_set({"keys": published}) if published else KeySet([])
    signed = db.execute(SIGNED).fetchall()
    faults += [
        {
            "schemaName": "ConsentRecord",
            "objectId": row["record_id"],
            "at": str(row["id"] or ""),
            "fault": fault,
        }
        for row in signed
        if (fault := _fault_of(row, keys))
    ]
    return {
        "revisions": len(history),
        "signatures": sum(row["id"] is not None for row in signed),
        "holds": not faults,
        "faults": faults[:MOST_NAMED],
    }


def _fault_of(row: Row, keys: KeySet) -> str | None:
    if row["id"] is None:
        return "it is called signed, and no signature is there"
    signed = row["verification_payload"] or row["serialized_snapshot"]
    try:
        if row["method"] == METHOD:
            jws.deserialize_compact(row["signature"], keys, algorithms=[ALGORITHM])
            payload = jws.extract_compact(row["signature"].encode()).payload.decode()
        else:
            payload = own_keys.verify(row["signature"], row["payload"]).payload
    except (JoseError, Problem, ValueError):
        return "the signature does not verify"
    if payload != row["payload"] or json.loads(payload)["verificationPayloadHash"] != hash_of(signed):
        return "something else was signed"
    if row["verification_payload"] is not None and not _says_the_same(row):
        return "the draft that was signed said something else"
    return None


def _says_the_same(row: Row) -> bool:
    draft, kept = (
        json.loads(row["verification_payload"]),
        json.loads(row["serialized_snapshot"])["objectData"],
    )
    return all(kept.get(name) == value for name, value in draft.items())
