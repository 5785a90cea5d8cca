"""Credentials: what identity signs for a person, and whether it still counts.

A credential is a JWT after W3C's VC-JWT. Its dates are the sandbox's, as those of permits are; whether it is
suspended or revoked is asked here, because a signature can't be taken back.

    active -> suspended -> active
    active | suspended -> revoked        (for good)
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from joserfc.errors import JoseError

from blockkit.clock import Clock
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.identity.persons import find_person
from blocks.identity.signing import Signer

KIND = "vc+jwt"
CHANGES = {
    "suspended": ("active",),
    "active": ("suspended",),
    "revoked": ("active", "suspended"),
}
"""From which states a credential may come into each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be issued; `request_id` makes a repeat the same credential."""

    request_id: str
    individual_id: str
    type: str
    claims: Mapping[str, Any]
    valid_days: int

    @property
    def digest(self) -> str:
        """Tells two wishes of one request id apart."""
        parts = [self.individual_id, self.type, dict(self.claims), self.valid_days]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def issue(db: Connection, clock: Clock, signer: Signer, wish: Wish) -> Row:
    """Issue a credential. Raises Problem 404 for a stranger, 409 for another wish of the same request id."""
    person = find_person(db, wish.individual_id)
    if person is None:
        raise Problem(404, "individual-unknown", "nobody here has this id")
    identifier = f"urn:civic-sandbox:credential:{secrets.token_hex(16)}"
    today = clock.today()
    ends = today + timedelta(days=wish.valid_days)
    claims = {
        "sub": wish.individual_id,
        "jti": identifier,
        "iat": int(clock.machine().timestamp()),
        "vc": {
            "type": ["VerifiableCredential", wish.type],
            "issuanceDate": today.isoformat(),
            "expirationDate": ends.isoformat(),
            "credentialSubject": dict(wish.claims),
        },
    }
    row = db.execute(
        "INSERT INTO credentials (credential, request_id, wish, individual_id, type, document, issued_on,"
        " ends_on) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (request_id) DO UPDATE SET request_id = excluded.request_id RETURNING *",
        [
            *(identifier, wish.request_id, wish.digest, wish.individual_id, wish.type),
            *(signer.sign(claims, kind=KIND), today, ends),
        ],
    ).fetchone()
    assert row is not None
    if row["wish"] != wish.digest:
        raise Problem(409, "request-exists", "this request id was used for another credential")
    return row


def find(db: Connection, identifier: str, *, lock: bool = False) -> Row:
    """Find a credential. Raises Problem 404."""
    statement = "SELECT * FROM credentials WHERE credential = %s"
    row = db.execute(f"{statement} FOR UPDATE" if lock else statement, [identifier]).fetchone()
    if row is None:
        raise Problem(404, "no-such-credential", "there is no credential of this id")
    return row


def change(db: Connection, identifier: str, status: str, reason: str) -> Row:
    """Suspend, reinstate or revoke; the same again changes nothing. Raises Problem 409 in another state."""
    row = find(db, identifier, lock=True)
    if row["status"] == status:
        return row
    if row["status"] not in CHANGES[status]:
        raise Problem(409, "wrong-state", f"the credential is {row['status']}", state=row["status"])
    db.execute(
        "UPDATE credentials SET status = %s, reason = %s WHERE credential = %s", [status, reason, identifier]
    )
    return find(db, identifier)


def verify(db: Connection, clock: Clock, signer: Signer, document: str) -> dict[str, Any]:
    """Tell whether a credential counts now; what nobody here signed is `foreign`."""
    try:
        claims = signer.verified(document, kind=KIND)
        row = find(db, str(claims.get("jti", "")))
    except (JoseError, ValueError, Problem):
        return {"valid": False, "status": "foreign"}
    status = status_of(row, clock.today())
    return {"valid": status == "active", "status": status, "id": row["credential"], "type": row["type"]}


def status_of(row: Row, today: date) -> str:
    """Give the state today; an active credential ends by itself."""
    return "expired" if row["status"] == "active" and row["ends_on"] < today else str(row["status"])


def describe(row: Row, today: date, *, whole: bool = False) -> dict[str, Any]:
    """Tell a credential; the signed document only to whoever had it issued."""
    told = {
        "id": row["credential"],
        "individualId": row["individual_id"],
        "type": row["type"],
        "status": status_of(row, today),
        "reason": row["reason"],
        "issuedOn": row["issued_on"].isoformat(),
        "endsOn": row["ends_on"].isoformat(),
    }
    return {**told, "credential": row["document"]} if whole else told
