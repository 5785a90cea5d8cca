"""What stands behind a signed record: this block's attestation, a JWS, that the person agreed.

People hold no signing keys here. What is proven is that somebody with the person's own access token
agreed to this revision; the attestation names the token by its digest and never holds it. It says so
in `verificationMethod`, and pretends to be nothing more.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey
from psycopg.types.json import Jsonb

from blockkit.clock import Clock
from blockkit.records import Connection, Row
from blocks.consent.revisions import canonical

ALGORITHM = "ES256"
METHOD = "block-attestation-of-log-in"


def attest(db: Connection, clock: Clock, kid_prefix: str, revision: Row, individual: str, token: str) -> Row:
    """Sign that the person behind `token` agreed to a revision, and give the signature's row."""
    artifact = f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"
    now = clock.now()
    payload = canonical(
        {
            "verificationPayloadHash": revision["serialized_hash"],
            "verificationMethod": METHOD,
            "verificationArtifact": artifact,
            "verificationSignedBy": individual,
            "verificationSignedAs": "individual",
            "timestamp": now.isoformat(),
            "objectType": "revision",
            "objectReference": str(revision["id"]),
        }
    )
    key = _key(db, clock, kid_prefix)
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": "consent-attestation+jws"}
    signature = jws.serialize_compact(header, payload.encode(), key, algorithms=[ALGORITHM])
    row = db.execute(
        "INSERT INTO signatures (revision_id, payload, signature, artifact, signed_by, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s) RETURNING *",
        [revision["id"], payload, signature, artifact, individual, now],
    ).fetchone()
    assert row is not None
    return row


def find_signature(db: Connection, revision_id: int) -> Row | None:
    """Find the signature under a revision."""
    return db.execute("SELECT * FROM signatures WHERE revision_id = %s", [revision_id]).fetchone()


def signature_on_the_wire(row: Row, revision: Row) -> dict[str, Any]:
    """Write a signature as published."""
    return {
        "id": str(row["id"]),
        "payload": row["payload"],
        "signature": row["signature"],
        "verificationMethod": METHOD,
        "verificationPayload": revision["serialized_snapshot"],
        "verificationPayloadHash": revision["serialized_hash"],
        "verificationArtifact": row["artifact"],
        "verificationSignedBy": row["signed_by"],
        "verificationSignedAs": "individual",
        "verificationJwsHeader": row["signature"].partition(".")[0],
        "timestamp": row["created_at"].isoformat(),
        "signedWithoutObjectReference": False,
        "objectType": "revision",
        "objectReference": str(row["revision_id"]),
    }


def unsigned_draft(individual: str) -> dict[str, Any]:
    """Write a signature that is still to be made: it has no id and no signature."""
    return {
        "payload": "",
        "signature": "",
        "verificationMethod": METHOD,
        "verificationSignedBy": individual,
        "verificationSignedAs": "individual",
        "objectType": "revision",
    }


def published_keys(db: Connection) -> list[dict[str, Any]]:
    """Give the public keys of every epoch, newest first."""
    rows = db.execute("SELECT public_key FROM signing_keys ORDER BY epoch DESC").fetchall()
    return [row["public_key"] for row in rows]


def drop_older_keys(db: Connection, clock: Clock) -> None:
    """Forget the private halves of other epochs."""
    db.execute("UPDATE signing_keys SET private_key = NULL WHERE epoch <> %s", [clock.epoch])


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
