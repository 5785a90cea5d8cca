"""The block's signing keys: made when first needed, rotated on demand, never seeded and never handed out.

The newest key signs; what older ones of the same epoch have signed still counts, unless they were given
up as compromised. `kid` carries the epoch and randomness, so that keys of two sandboxes, or of one before and
after a restore, are never taken for each other. The salt of pairwise subject ids lives and dies with the key.
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
from blockkit.records import Connection, Row

ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with the newest key, and verifies with all, in the name of this identity provider."""

    issuer: str
    keys: tuple[ECKey, ...]
    salt: str

    @property
    def key(self) -> ECKey:
        """The key that signs."""
        return self.keys[0]

    def sign(self, claims: Mapping[str, Any], *, kind: str) -> str:
        """Give a signed JWT whose `typ` is `kind`; the issuer is added."""
        header = {"alg": ALGORITHM, "kid": self.key.kid, "typ": kind}
        return jwt.encode(header, {"iss": self.issuer, **claims}, self.key, algorithms=[ALGORITHM])

    def verified(self, token: str, *, kind: str) -> dict[str, Any]:
        """Verify that this block signed it, whenever that was. Raises JoseError or ValueError."""
        decoded = jwt.decode(token, KeySet(list(self.keys)), algorithms=[ALGORITHM])
        if decoded.header.get("typ") != kind:
            raise ValueError("this is another kind of token")
        registry = jwt.JWTClaimsRegistry(iss={"essential": True, "value": self.issuer})
        registry.validate(decoded.claims)
        return dict(decoded.claims)

    def claims_of(self, token: str, *, kind: str) -> dict[str, Any]:
        """Verify a JWT that ends by itself. Raises JoseError or ValueError."""
        claims = self.verified(token, kind=kind)
        jwt.JWTClaimsRegistry(exp={"essential": True}).validate(claims)
        return claims

    def subject(self, client_id: str, individual_id: str) -> str:
        """Give the person's pseudonym towards one client; two clients can't compare theirs.

        OpenID Connect Core 1.0, section 8.1: a keyed digest over sector and local id.
        """
        message = f"{client_id}\x00{individual_id}".encode()
        return hmac.new(self.salt.encode(), message, hashlib.sha256).hexdigest()

    def published(self) -> dict[str, Any]:
        """Give the public halves as a JWK set, the newest first."""
        return dict(KeySet(list(self.keys)).as_dict(private=False))


def load_signer(db: Connection, clock: Clock, issuer: str, sandbox_id: str) -> Signer:
    """Give this epoch's signer, making its key when there is none yet."""
    rows = _read_keys(db, clock)
    if not rows:
        # Two first requests at once: one makes the key, and both use it.
        db.execute("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE")
        rows = _read_keys(db, clock)
        if not rows:
            _make_key(db, clock, sandbox_id, secrets.token_hex(32))
            rows = _read_keys(db, clock)
    return Signer(
        issuer=issuer,
        keys=tuple(ECKey.import_key(row["private_key"]) for row in rows),
        salt=rows[0]["pairwise_salt"],
    )


def rotate(db: Connection, clock: Clock, sandbox_id: str, *, compromised: bool) -> None:
    """Sign with a new key from now on; a compromised one's signatures count no more. Pseudonyms stay."""
    db.execute("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE")
    before = _read_keys(db, clock)
    if compromised:
        db.execute("DELETE FROM signing_keys WHERE epoch = %s", [clock.epoch])
    _make_key(db, clock, sandbox_id, before[0]["pairwise_salt"] if before else secrets.token_hex(32))


def _read_keys(db: Connection, clock: Clock) -> list[Row]:
    return db.execute(
        "SELECT * FROM signing_keys WHERE epoch = %s ORDER BY number DESC", [clock.epoch]
    ).fetchall()


def _make_key(db: Connection, clock: Clock, sandbox_id: str, salt: str) -> None:
    kid = f"{sandbox_id}-{clock.epoch}-{secrets.token_hex(8)}"
    key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": ALGORITHM})
    db.execute(
        "INSERT INTO signing_keys (kid, epoch, private_key, pairwise_salt, created_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        [kid, clock.epoch, Jsonb(key.as_dict(private=True)), salt, clock.machine()],
    )


def drop_older_epochs(db: Connection, clock: Clock) -> None:
    """Void everything that another epoch issued: keys, log-ins, codes and tokens."""
    for table in ("signing_keys", "links", "logins", "codes", "tokens"):
        db.execute(f"DELETE FROM {table} WHERE epoch <> %s", [clock.epoch])  # noqa: S608  a fixed name


def drop_expired(db: Connection, clock: Clock) -> None:
    """Forget what can't be used any more; on the machine's clock, as all log-ins are."""
    now = clock.machine()
    for table in ("tokens", "assertions"):
        db.execute(f"DELETE FROM {table} WHERE ends_at < %s", [now])  # noqa: S608  a fixed name
    # A used code outlives its tokens, so that its replay can still revoke them.
    db.execute("DELETE FROM codes WHERE ends_at < %s - interval '1 day'", [now])
    db.execute("DELETE FROM logins WHERE started_at < %s - interval '1 day'", [now])
    db.execute("DELETE FROM links WHERE ends_at < %s - interval '1 day'", [now])
    db.execute("DELETE FROM binding_codes WHERE made_at < %s - interval '1 day'", [now])
