"""Wallets bound to persons: a key on somebody's own device, with which they prove themselves from then on.

A wallet is bound once, with a one-time code from the person's inbox, on behalf of a partner; that the partner
may call at all is the information mediator's to say. The certificate is signed with identity's newest key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.errors import JoseError
from psycopg.types.json import Jsonb

from blockkit.clock import Clock
from blockkit.records import Connection
from blocks.identity.clients import KEY_MEMBERS, SMALLEST_RSA, import_public_key
from blocks.identity.logins import CODE_LASTS, LOGIN_LASTS, MOST_FAILURES, MOST_LETTERS, Letter
from blocks.identity.persons import find_person
from blocks.identity.signing import Signer

BOUND_FOR = timedelta(days=365)
PROOF_LASTS = timedelta(minutes=5)
ALGORITHMS = ["ES256", "RS256", "PS256", "EdDSA"]


class Refused(Exception):
    """What a wallet or its partner asked for and can't have; `code` is the published error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Bound:
    """A wallet that is bound."""

    wallet_user: str
    certificate: str
    ends_at: datetime


def ask_for_code(db: Connection, clock: Clock, partner: str, individual_id: str) -> Letter | None:
    """Give the letter with a one-time code; None for a stranger, the dead, and whoever asked too often."""
    now = clock.machine()
    row = db.execute(
        "SELECT count(*) AS letters, coalesce(sum(failures), 0) AS failures FROM binding_codes"
        " WHERE individual_id = %s AND made_at > %s",
        [individual_id, now - LOGIN_LASTS],
    ).fetchone()
    assert row is not None
    person = find_person(db, individual_id)
    tried_enough = row["letters"] >= MOST_LETTERS or row["failures"] >= MOST_FAILURES
    if person is None or person.deceased or tried_enough:
        return None
    letter, salt = Letter(individual_id, f"{secrets.randbelow(10**6):06}"), secrets.token_hex(16)
    db.execute(
        "INSERT INTO binding_codes (individual_id, partner, salt, one_time_code, made_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        [individual_id, partner, salt, _digest(salt, letter.code), now],
    )
    return letter


def bind(
    db: Connection,
    clock: Clock,
    signer: Signer,
    *,
    partner: str,
    individual_id: str,
    factor: str,
    code: str,
    public_key: Mapping[str, Any],
) -> Bound | None:
    """Bind a key; None for a wrong code, so that the failure is kept. Raises Refused for an unfit key."""
    try:
        key = import_public_key(public_key)
        if key.key_type == "RSA" and key.public_key.key_size < SMALLEST_RSA:  # type: ignore[union-attr]
            raise ValueError("an RSA key that is too short")
    except ValueError as error:
        raise Refused("invalid_public_key", str(error)) from None
    if not _code_is_right(db, clock, partner, individual_id, code):
        return None
    thumbprint = key.thumbprint()
    before = db.execute("SELECT * FROM wallets WHERE thumbprint = %s", [thumbprint]).fetchone()
    if before is not None:
        same = (before["individual_id"], before["partner"], before["factor"]) == (
            individual_id,
            partner,
            factor,
        )
        if not same:
            raise Refused("duplicate_public_key", "this key is bound already")
        return Bound(before["wallet_user"], before["certificate"], before["ends_at"])
    wallet_user, ends_at = secrets.token_hex(16), clock.machine() + BOUND_FOR
    certificate = _certify(signer, wallet_user, key, clock.machine(), ends_at)
    plain = {name: public_key[name] for name in KEY_MEMBERS if name in public_key}
    db.execute(
        "INSERT INTO wallets (wallet_user, partner, individual_id, factor, thumbprint, public_key,"
        " certificate, ends_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [wallet_user, partner, individual_id, factor, thumbprint, Jsonb(plain), certificate, ends_at],
    )
    return Bound(wallet_user, certificate, ends_at)


def proves(db: Connection, clock: Clock, issuer: str, individual_id: str, challenge: str, nonce: str) -> bool:
    """Whether a JWT was signed by a wallet of this person, for us, just now, and for this transaction."""
    now = clock.machine()
    rows = db.execute(
        "SELECT wallet_user, public_key FROM wallets WHERE individual_id = %s AND ends_at > %s",
        [individual_id, now],
    ).fetchall()
    registry = jwt.JWTClaimsRegistry(
        aud={"essential": True, "value": issuer},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
    )
    for row in rows:
        try:
            claims = jwt.decode(challenge, import_public_key(row["public_key"]), algorithms=ALGORITHMS).claims
            registry.validate(claims)
        except (JoseError, ValueError):
            continue
        if claims.get("iss") == row["wallet_user"]:
            return bool(claims["exp"] <= (now + PROOF_LASTS).timestamp())
    return False


def _code_is_right(db: Connection, clock: Clock, partner: str, individual_id: str, code: str) -> bool:
    row = db.execute(
        "SELECT * FROM binding_codes WHERE individual_id = %s AND partner = %s AND made_at > %s AND NOT used"
        " AND failures < %s ORDER BY made_at DESC LIMIT 1 FOR UPDATE",
        [individual_id, partner, clock.machine() - CODE_LASTS, MOST_FAILURES],
    ).fetchone()
    if row is None:
        return False
    right = hmac.compare_digest(row["one_time_code"], _digest(row["salt"], code.strip()))
    change = "used = true" if right else "failures = failures + 1"
    db.execute(f"UPDATE binding_codes SET {change} WHERE number = %s", [row["number"]])  # noqa: S608
    return right


def _certify(signer: Signer, wallet_user: str, key: Any, begins: datetime, ends: datetime) -> str:
    """Sign a certificate over the wallet's key, by the library that knows how."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wallet_user)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "civic-sandbox identity")]))
        .public_key(key.public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    signing: Any = signer.key.private_key
    certificate = builder.sign(signing, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _digest(salt: str, code: str) -> str:
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()
