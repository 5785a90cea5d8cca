"""Linked authorization: a log-in that begins in a browser and is finished by a wallet on another device.

    open -> linked -> authenticated -> consented -> done

The browser shows a link code; the wallet takes it once, proves the person, and says what they agree to tell;
the browser then collects the authorization code. Codes and ids are stored as digests, last two minutes, and
belong to one log-in. Runs on the machine's clock.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from blockkit.clock import Clock
from blockkit.records import Connection, Row
from blocks.identity.clients import SCOPES, Client, find_client
from blocks.identity.logins import LOGIN_LASTS, MOST_FAILURES, close, digest
from blocks.identity.persons import find_person
from blocks.identity.wallets import Refused, proves

LINK_LASTS = timedelta(minutes=2)
MOST_LINKS = 5
"""Link codes that one log-in may ask for."""
CLAIMS_OF = {
    "profile": ("name", "given_name", "family_name", "gender", "birthdate"),
    "email": ("email",),
    "phone": ("phone_number",),
}
"""Which claims a scope opens; the client's registration must name them as well."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a wallet shows the person before they agree."""

    transaction: str
    client: Client
    scopes: tuple[str, ...]
    claims: tuple[str, ...]


def find_login(
    db: Connection, clock: Clock, transaction_id: str, *, xsrf: str | None = None, browser: str | None = None
) -> Row:
    """Find an open log-in by its browser's cookie, or by the word against forgeries. Raises Refused."""
    row = db.execute(
        "SELECT * FROM logins WHERE login = %s AND open AND epoch = %s AND started_at > %s"
        " AND (xsrf = %s OR browser = %s) FOR UPDATE",
        [
            digest(transaction_id),
            clock.epoch,
            clock.machine() - LOGIN_LASTS,
            digest(xsrf) if xsrf else None,
            digest(browser) if browser else None,
        ],
    ).fetchone()
    if row is None:
        raise Refused("invalid_transaction_id", "there is no such log-in, or it is over")
    return row


def make_code(db: Connection, clock: Clock, login: Row) -> tuple[str, datetime]:
    """Give a link code and when it ends; an older one of the log-in that nobody took is void."""
    asked = db.execute("SELECT count(*) AS links FROM links WHERE login = %s", [login["login"]]).fetchone()
    assert asked is not None
    if asked["links"] >= MOST_LINKS:
        raise Refused("link_code_gen_failed", "this log-in has asked for too many link codes")
    db.execute("UPDATE links SET state = 'void' WHERE login = %s AND state = 'open'", [login["login"]])
    code, ends_at = secrets.token_urlsafe(12), clock.machine() + LINK_LASTS
    db.execute(
        "INSERT INTO links (code, login, epoch, ends_at) VALUES (%s, %s, %s, %s)",
        [digest(code), login["login"], clock.epoch, ends_at],
    )
    return code, ends_at


def find_link(db: Connection, login: Row, code: str) -> Row:
    """Find a link of a log-in. Raises Refused."""
    row = db.execute(
        "SELECT * FROM links WHERE code = %s AND login = %s AND state <> 'void' FOR UPDATE",
        [digest(code), login["login"]],
    ).fetchone()
    if row is None:
        raise Refused("invalid_link_code", "this log-in has no such link code")
    return row


def take_code(db: Connection, clock: Clock, code: str) -> Offer:
    """Let a wallet take a link code, once and in time. Raises Refused."""
    row = db.execute(
        "SELECT k.*, l.parameters, l.open FROM links k JOIN logins l ON l.login = k.login"
        " WHERE k.code = %s AND k.epoch = %s FOR UPDATE OF k",
        [digest(code), clock.epoch],
    ).fetchone()
    if row is None or row["state"] != "open" or not row["open"] or row["ends_at"] <= clock.machine():
        raise Refused("invalid_link_code", "the link code is unknown, used or too old")
    client = find_client(db, row["parameters"]["client_id"])
    if client is None:
        raise Refused("invalid_client_id", "the service was closed meanwhile")
    transaction = secrets.token_urlsafe(24)
    db.execute(
        "UPDATE links SET state = 'linked', transaction = %s, linked_at = %s WHERE code = %s",
        [digest(transaction), clock.machine(), row["code"]],
    )
    scopes = _scopes(row["parameters"])
    return Offer(transaction, client, scopes, claims_of(client, scopes))


def authenticate(
    db: Connection,
    clock: Clock,
    issuer: str,
    transaction: str,
    individual_id: str,
    challenges: Sequence[tuple[str, str, str]],
) -> bool:
    """Prove the person by their wallet; False when it does not, which counts. Raises Refused."""
    row = _of_transaction(db, clock, transaction, "linked", "authenticated")
    if len(challenges) != 1:
        raise Refused("invalid_no_of_challenges", "one challenge is wanted")
    ((factor, challenge, form),) = challenges
    person = find_person(db, individual_id)
    known = person is not None and not person.deceased
    good = (factor, form) == ("WLA", "jwt") and known
    if not good or not proves(db, clock, issuer, individual_id, challenge, transaction):
        failures = row["failures"] + 1
        state = "void" if failures >= MOST_FAILURES else row["state"]
        db.execute(
            "UPDATE links SET failures = %s, state = %s WHERE code = %s", [failures, state, row["code"]]
        )
        return False
    db.execute(
        "UPDATE links SET state = 'authenticated', individual_id = %s WHERE code = %s",
        [individual_id, row["code"]],
    )
    return True


def consent(
    db: Connection, clock: Clock, transaction: str, scopes: Sequence[str], claims: Sequence[str]
) -> None:
    """Keep what the person agreed to tell; never more than was asked. Raises Refused."""
    row = _of_transaction(db, clock, transaction, "authenticated", "consented")
    login = db.execute("SELECT * FROM logins WHERE login = %s AND open", [row["login"]]).fetchone()
    client = find_client(db, login["parameters"]["client_id"]) if login else None
    if login is None or client is None:
        raise Refused("invalid_transaction", "the log-in is over")
    asked = _scopes(login["parameters"])
    if not set(scopes) <= set(asked):
        raise Refused("invalid_permitted_scope", "a scope that nobody asked for")
    if not set(claims) <= set(claims_of(client, asked)):
        raise Refused("invalid_accepted_claim", "a claim that nobody asked for")
    db.execute(
        "UPDATE links SET state = 'consented', scopes = %s, claims = %s WHERE code = %s",
        [list(scopes), list(claims), row["code"]],
    )


def collect(db: Connection, transaction_id: str, link: Row) -> None:
    """End the log-in whose wallet has agreed. Raises Refused before that, and afterwards."""
    if link["state"] != "consented":
        code = (
            "response_timeout"
            if link["state"] in ("open", "linked", "authenticated")
            else "invalid_transaction"
        )
        raise Refused(code, "the wallet has not agreed yet" if code == "response_timeout" else "it is over")
    db.execute("UPDATE links SET state = 'done' WHERE code = %s", [link["code"]])
    close(db, transaction_id, finished=True)


def claims_of(client: Client, scopes: Sequence[str]) -> tuple[str, ...]:
    """List the claims that these scopes open to a client."""
    opened = [claim for scope in scopes for claim in CLAIMS_OF.get(scope, ())]
    return tuple(claim for claim in opened if claim in client.user_claims)


def _scopes(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    asked = str(parameters.get("scope", "")).split()
    return tuple(one for one in SCOPES if one in asked)


def _of_transaction(db: Connection, clock: Clock, transaction: str, *states: str) -> Row:
    row = db.execute(
        "SELECT * FROM links WHERE transaction = %s AND epoch = %s AND linked_at > %s FOR UPDATE",
        [digest(transaction), clock.epoch, clock.machine() - LOGIN_LASTS],
    ).fetchone()
    if row is None:
        raise Refused("invalid_transaction_id", "there is no such transaction")
    if row["state"] not in states:
        raise Refused("invalid_transaction", "this was done already, or is not due yet")
    return row
