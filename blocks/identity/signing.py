"""The block's signing key: one per epoch, made when first needed, never seeded and never handed out.

`kid` carries the epoch and randomness, so that keys of two sandboxes, or of one before and after a
restore, are never taken for each other. The salt of pairwise subject ids lives and dies with the key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from psycopg.types.json import Jsonb

from blockkit.clock import Clock
from blockkit.records import Connection

ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs and verifies in the name of this identity provider."""

    issuer: str
    key: ECKey
    salt: str

    def sign(self, claims: Mapping[str, Any], *, kind: str) -> str:
        """Give a signed JWT whose `typ` is `kind`; the issuer is added."""
        header = {"alg": ALGORITHM, "kid": self.key.kid, "typ": kind}
        return jwt.encode(header, {"iss": self.issuer, **claims}, self.key, algorithms=[ALGORITHM])

    def claims_of(self, token: str, *, kind: str) -> dict[str, Any]:
        """Verify a JWT that this block signed. Raises JoseError or ValueError."""
        decoded = jwt.decode(token, self.key, algorithms=[ALGORITHM])
        if decoded.header.get("typ") != kind:
            raise ValueError("this is another kind of token")
        registry = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.issuer}, exp={"essential": True}
        )
        registry.validate(decoded.claims)
        return dict(decoded.claims)

    def subject(self, client_id: str, individual_id: str) -> str:
        """Give the person's pseudonym towards one client; two clients can't compare theirs.

        OpenID Connect Core 1.0, section 8.1: a keyed digest over sector and local id.
        """
        message = f"{client_id}\x00{individual_id}".encode()
        return hmac.new(self.salt.encode(), message, hashlib.sha256).hexdigest()

    def published(self) -> dict[str, Any]:
        """Give the public half as a JWK set."""
        return dict(KeySet([self.key]).as_dict(private=False))


def load_signer(db: Connection, clock: Clock, issuer: str, sandbox_id: str) -> Signer:
    """Give this epoch's signer, making its key when there is none yet."""
    row = db.execute("SELECT * FROM signing_keys WHERE epoch = %s", [clock.epoch]).fetchone()
    if row is None:
        kid = f"{sandbox_id}-{clock.epoch}-{secrets.token_hex(8)}"
        key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": ALGORITHM})
        # Two first requests at once: one key wins, and both use it.
        row = db.execute(
            "INSERT INTO signing_keys (kid, epoch, private_key, pairwise_salt, created_at) "
            "VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (epoch) DO UPDATE SET epoch = excluded.epoch RETURNING *",
            [kid, clock.epoch, Jsonb(key.as_dict(private=True)), secrets.token_hex(32), clock.machine()],
        ).fetchone()
    assert row is not None
    return Signer(issuer=issuer, key=ECKey.import_key(row["private_key"]), salt=row["pairwise_salt"])


def drop_older_epochs(db: Connection, clock: Clock) -> None:
    """Void everything that another epoch issued: keys, log-ins, codes and tokens."""
    for table in ("signing_keys", "logins", "codes", "tokens"):
        db.execute(f"DELETE FROM {table} WHERE epoch <> %s", [clock.epoch])  # noqa: S608  a fixed name


def drop_expired(db: Connection, clock: Clock) -> None:
    """Forget what can't be used any more; on the machine's clock, as all log-ins are."""
    now = clock.machine()
    for table in ("tokens", "assertions"):
        db.execute(f"DELETE FROM {table} WHERE ends_at < %s", [now])  # noqa: S608  a fixed name
    # A used code outlives its tokens, so that its replay can still revoke them.
    db.execute("DELETE FROM codes WHERE ends_at < %s - interval '1 day'", [now])
    db.execute("DELETE FROM logins WHERE started_at < %s - interval '1 day'", [now])
