"""Authorization codes and the tokens that came of them, stored as digests.

A code is good once, for a minute, for the client it was issued to. One that is presented a second
time is refused, and every token that came of it is revoked (RFC 6749, section 4.1.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from blockkit.clock import Clock
from blockkit.records import Connection
from blocks.identity.logins import digest

CODE_LASTS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Code:
    """A good code and what it is bound to, with the questions that Authlib asks of one."""

    code: str
    client_id: str
    individual_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    auth_time: datetime
    acr: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Give the redirect URI that the token request must repeat."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Give the granted scope."""
        return self.scope


def save_code(
    db: Connection,
    clock: Clock,
    code: str,
    *,
    client_id: str,
    individual_id: str,
    redirect_uri: str,
    scope: str,
    nonce: str | None,
    code_challenge: str,
    acr: str,
    accepted: Sequence[str] | None,
) -> None:
    """Keep a new code."""
    now = clock.machine()
    db.execute(
        "INSERT INTO codes (code, epoch, client_id, individual_id, redirect_uri, scope, nonce, "
        "code_challenge, auth_time, ends_at, acr, accepted) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(digest(code), clock.epoch, client_id, individual_id, redirect_uri, scope, nonce),
            *(code_challenge, now, now + CODE_LASTS, acr, list(accepted) if accepted is not None else None),
        ],
    )


def find_code(db: Connection, clock: Clock, code: str, client_id: str) -> Code | None:
    """Find a code that is good now, and hold it; revokes the tokens of one that was used before."""
    row = db.execute(
        "SELECT * FROM codes WHERE code = %s AND client_id = %s AND epoch = %s FOR UPDATE",
        [digest(code), client_id, clock.epoch],
    ).fetchone()
    if row is None:
        return None
    if row["used"]:
        db.execute("UPDATE tokens SET revoked = true WHERE code = %s", [row["code"]])
        return None
    if row["ends_at"] <= clock.machine():
        return None
    return Code(
        code=row["code"],
        client_id=row["client_id"],
        individual_id=row["individual_id"],
        redirect_uri=row["redirect_uri"],
        scope=row["scope"],
        nonce=row["nonce"],
        code_challenge=row["code_challenge"],
        auth_time=row["auth_time"],
        acr=row["acr"],
    )


def spend_code(db: Connection, code: Code) -> None:
    """Mark a code as used."""
    db.execute("UPDATE codes SET used = true WHERE code = %s", [code.code])


def used_nonce(db: Connection, client_id: str, nonce: str) -> bool:
    """Whether a client had a code with this nonce."""
    row = db.execute(
        "SELECT 1 AS one FROM codes WHERE client_id = %s AND nonce = %s", [client_id, nonce]
    ).fetchone()
    return row is not None


def save_token(db: Connection, code: Code, token: str, epoch: int, ends_at: datetime) -> None:
    """Remember an issued access token."""
    db.execute(
        "INSERT INTO tokens (token, epoch, code, client_id, individual_id, scope, ends_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [digest(token), epoch, code.code, code.client_id, code.individual_id, code.scope, ends_at],
    )


def token_is_good(db: Connection, clock: Clock, token: str) -> bool:
    """Whether an access token was issued here in this epoch and is neither revoked nor past its end."""
    row = db.execute(
        "SELECT 1 AS one FROM tokens WHERE token = %s AND epoch = %s AND NOT revoked AND ends_at > %s",
        [digest(token), clock.epoch, clock.machine()],
    ).fetchone()
    return row is not None


def accepted_claims(db: Connection, token: str) -> frozenset[str] | None:
    """Give the claims that the person agreed to tell with this token; None for all that were asked for."""
    row = db.execute(
        "SELECT c.accepted FROM tokens t JOIN codes c ON c.code = t.code WHERE t.token = %s", [digest(token)]
    ).fetchone()
    return None if row is None or row["accepted"] is None else frozenset(row["accepted"])
