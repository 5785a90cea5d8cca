"""What stands behind a signed record: this block's attestation, and the signature of a person's own key.

The attestation is always made: a JWS that somebody with the person's own access token agreed to this
revision. It names the token by its digest and never holds it. It says so in `verificationMethod`, and
pretends to be nothing more. A person who holds a key signs beside it (own_keys.py).
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey
from psycopg.types.json import Jsonb

from blockkit.clock import Clock
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.consent import own_keys
from blocks.consent.revisions import canonical, hash_of

ALGORITHM = "ES256"
METHOD = "block-attestation-of-log-in"


def attest(db: Connection, clock: Clock, kid_prefix: str, revision: Row, individual: str, token: str) -> Row:
    """Sign that the person behind `token` agreed to a revision, and give the signature's row."""
    artifact = f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"
    payload = canonical(
        {
            "verificationPayloadHash": revision["serialized_hash"],
            "verificationMethod": METHOD,
            "verificationArtifact": artifact,
            "verificationSignedBy": individual,
            "verificationSignedAs": "individual",
            "timestamp": clock.now().isoformat(),
            "objectType": "revision",
            "objectReference": str(revision["id"]),
        }
    )
    key = _key(db, clock, kid_prefix)
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": "consent-attestation+jws"}
    signature = jws.serialize_compact(header, payload.encode(), key, algorithms=[ALGORITHM])
    return _keep(db, clock, revision, METHOD, payload, signature, artifact=artifact, signed_by=individual)


def keep_own(
    db: Connection, clock: Clock, revision: Row, own: own_keys.OwnSignature, snapshot: str | None = None
) -> Row:
    """Keep the signature of a person's own key; `snapshot` is what a draft said that was signed before."""
    return _keep(
        db,
        clock,
        revision,
        own_keys.METHOD,
        own.payload,
        own.signature,
        signed_by=own.signed_by,
        verification_payload=snapshot,
    )


def find_signatures(db: Connection, revision_id: int) -> list[Row]:
    """Find the signatures under a revision, oldest first."""
    return db.execute("SELECT * FROM signatures WHERE revision_id = %s ORDER BY id", [revision_id]).fetchall()


def ask_for_own(db: Connection, clock: Clock, revision: Row) -> Row:
    """Write a payload to be signed under a revision; asked again, it is the same."""
    db.execute(
        "INSERT INTO unsigned_signatures (revision_id, payload, created_at) VALUES (%s, %s, %s) "
        "ON CONFLICT (revision_id) DO NOTHING",
        [revision["id"], own_keys.payload_for_revision(revision, clock.now()), clock.now()],
    )
    row = db.execute("SELECT * FROM unsigned_signatures WHERE revision_id = %s", [revision["id"]]).fetchone()
    assert row is not None
    return row


def take_own(db: Connection, clock: Clock, revision: Row, signature: str) -> Row:
    """Verify and keep the signature under the payload that was asked for. Raises Problem 400."""
    there = db.execute(
        "SELECT * FROM signatures WHERE revision_id = %s AND method = %s", [revision["id"], own_keys.METHOD]
    ).fetchone()
    if there is not None:
        if there["signature"] != signature:
            raise Problem(400, "signed-already", "this revision is signed already, with another signature")
        return there
    asked = db.execute(
        "DELETE FROM unsigned_signatures WHERE revision_id = %s RETURNING *", [revision["id"]]
    ).fetchone()
    if asked is None:
        raise Problem(
            400, "nothing-to-sign", "ask for a payload first; one that was given out before a change is void"
        )
    own = own_keys.verify(signature, asked["payload"])
    return _keep(
        db,
        clock,
        revision,
        own_keys.METHOD,
        own.payload,
        own.signature,
        signed_by=own.signed_by,
        identifier=asked["id"],
    )


def signature_on_the_wire(row: Row, revision: Row) -> dict[str, Any]:
    """Write a signature as published."""
    signed = row["verification_payload"] or revision["serialized_snapshot"]
    return {
        "id": str(row["id"]),
        "payload": row["payload"],
        "signature": row["signature"],
        "verificationMethod": row["method"],
        "verificationPayload": signed,
        "verificationPayloadHash": hash_of(signed),
        "verificationArtifact": row["artifact"],
        "verificationSignedBy": row["signed_by"],
        "verificationSignedAs": "individual",
        "verificationJwsHeader": row["signature"].partition(".")[0],
        "timestamp": row["created_at"].isoformat(),
        "signedWithoutObjectReference": row["verification_payload"] is not None,
        "objectType": "revision",
        "objectReference": str(row["revision_id"]),
    }


def unsigned_on_the_wire(row: Row, revision: Row) -> dict[str, Any]:
    """Write a signature that is still to be made, with its payload."""
    return {
        "id": str(row["id"]),
        **_to_be_signed(row["payload"], revision["serialized_snapshot"]),
        "timestamp": row["created_at"].isoformat(),
        "signedWithoutObjectReference": False,
        "objectReference": str(revision["id"]),
    }


def draft_on_the_wire(snapshot: str) -> dict[str, Any]:
    """Write the signature of a draft: it has no id, and refers to nothing yet."""
    return {
        **_to_be_signed(own_keys.payload_for_draft(snapshot), snapshot),
        "signedWithoutObjectReference": True,
    }


def published_keys(db: Connection) -> list[dict[str, Any]]:
    """Give the public keys of every epoch, newest first."""
    rows = db.execute("SELECT public_key FROM signing_keys ORDER BY epoch DESC").fetchall()
    return [row["public_key"] for row in rows]


def drop_older_keys(db: Connection, clock: Clock) -> None:
    """Forget the private halves of other epochs."""
    db.execute("UPDATE signing_keys SET private_key = NULL WHERE epoch <> %s", [clock.epoch])


def _to_be_signed(payload: str, snapshot: str) -> dict[str, Any]:
    return {
        "payload": payload,
        "signature": "",
        "verificationMethod": own_keys.METHOD,
        "verificationPayload": snapshot,
        "verificationPayloadHash": hash_of(snapshot),
        "verificationSignedBy": "",
        "verificationSignedAs": "individual",
        "objectType": "revision",
    }


def _keep(
    db: Connection,
    clock: Clock,
    revision: Row,
    method: str,
    payload: str,
    signature: str,
    *,
    signed_by: str,
    artifact: str = "",
    verification_payload: str | None = None,
    identifier: int | None = None,
) -> Row:
    row = db.execute(
        "INSERT INTO signatures (id, revision_id, method, payload, verification_payload, signature, "
        "artifact, signed_by, created_at) "
        "VALUES (coalesce(%s, nextval('signature_ids')), %s, %s, %s, %s, %s, %s, %s, %s) RETURNING *",
        [
            *(identifier, revision["id"], method, payload, verification_payload),
            *(signature, artifact, signed_by, clock.now()),
        ],
    ).fetchone()
    assert row is not None
    return row


def _key(db: Connection, clock: Clock, prefix: str) -> ECKey:
    row = db.execute(
        "SELECT private_key FROM signing_keys WHERE epoch = %s AND private_key IS NOT NULL", [clock.epoch]
    ).fetchone()
    if row is None:
        kid = f"{prefix}-{clock.epoch}-{secrets.token_hex(8)}"
        key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": ALGORITHM})
        # Two first signatures at once: one key wins, and both use it.
        row = db.execute(
            "INSERT INTO signing_keys (kid, epoch, public_key, private_key) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (epoch) WHERE private_key IS NOT NULL DO UPDATE SET epoch = excluded.epoch "
            "RETURNING private_key",
            [kid, clock.epoch, Jsonb(key.as_dict(private=False)), Jsonb(key.as_dict(private=True))],
        ).fetchone()
    assert row is not None
    return ECKey.import_key(row["private_key"])
