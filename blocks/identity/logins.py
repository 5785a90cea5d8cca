"""One log-in from its first page to the redirect: whose it is, the one-time code, the attempts.

Bound to the browser that began it by a cookie, so that nobody can finish another's. Ids, cookies and
codes are stored as digests. Whether a person exists is never told: to a stranger, no code is sent and
everything else looks the same. Runs on the machine's clock.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from blockkit.clock import Clock
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.identity.persons import find_person

CODE_LASTS = timedelta(minutes=5)
LOGIN_LASTS = timedelta(minutes=15)
MOST_FAILURES = 3
"""Wrong codes after which a log-in is over."""
MOST_LETTERS = 3
"""One-time codes that one log-in may ask for."""
MOST_FAILURES_OF_ONE = 12
"""Wrong codes for one person within LOGIN_LASTS after which no more codes are sent."""

MOST_LETTERS_OF_ONE = 60
"""Codes sent to one person within LOGIN_LASTS that logged nobody in, in however many log-ins: an office's
staff log in many times at one moment, and nobody's inbox is to be flooded."""


@dataclass(frozen=True, slots=True)
class Login:
    """An open log-in."""

    parameters: Mapping[str, str]
    client_name: str


@dataclass(frozen=True, slots=True)
class Letter:
    """The one-time code on its way to a person."""

    individual_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of an entered code; `individual_id` is set when it was right."""

    login: Login
    individual_id: str | None
    attempts_left: int


def digest(text: str) -> str:
    """Give what is stored of a secret."""
    return hashlib.sha256(text.encode()).hexdigest()


def begin(
    db: Connection,
    clock: Clock,
    parameters: Mapping[str, str],
    client_name: str,
    browser: str,
    xsrf: str,
) -> str:
    """Open a log-in and give its id, which only this browser can use."""
    identifier = secrets.token_urlsafe(32)
    db.execute(
        "INSERT INTO logins (login, browser, epoch, parameters, client_name, started_at, xsrf) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            digest(identifier),
            digest(browser),
            clock.epoch,
            Jsonb(dict(parameters)),
            client_name,
            clock.machine(),
            digest(xsrf),
        ],
    )
    return identifier


def name_person(
    db: Connection, clock: Clock, identifier: str, browser: str, individual_id: str
) -> tuple[Login, Letter | None]:
    """Take down who logs in; gives the letter to send, None when there is nobody to send one to."""
    row = _open_login(db, clock, identifier, browser)
    if row["failures"] and row["individual_id"] != individual_id:
        # The wrong codes count against the person they were tried on; another name would take them along.
        raise Problem(403, "login-over", "a code was tried for somebody else; begin again")
    if row["letters"] >= MOST_LETTERS:
        # Counted for a stranger too, to whom nothing is sent: the answer must not tell who is known.
        raise Problem(429, "too-many-codes", f"a code was asked for {MOST_LETTERS} times; begin again")
    person = find_person(db, individual_id)
    letter = None
    if person is not None and not person.deceased and _may_try(db, clock, individual_id):
        letter = Letter(individual_id, f"{secrets.randbelow(10**6):06}")
    db.execute(
        "UPDATE logins SET individual_id = %s, one_time_code = %s, code_ends_at = %s, letters = letters + 1 "
        "WHERE login = %s",
        [
            individual_id,
            _code_digest(identifier, letter.code) if letter else None,
            clock.machine() + CODE_LASTS,
            row["login"],
        ],
    )
    return _login(row), letter


def enter_code(db: Connection, clock: Clock, identifier: str, browser: str, code: str) -> Attempt:
    """Compare an entered code; a right one ends the log-in, and so does the third wrong one."""
    row = _open_login(db, clock, identifier, browser)
    if row["code_ends_at"] is None:
        raise Problem(409, "person-not-named", "say first who logs in")
    expected = row["one_time_code"] or ""
    right = hmac.compare_digest(expected, _code_digest(identifier, code.strip()))
    if right and row["code_ends_at"] > clock.machine():
        close(db, identifier, finished=True)
        return Attempt(_login(row), row["individual_id"], 0)
    failures = row["failures"] + 1
    db.execute(
        "UPDATE logins SET failures = %s, open = %s WHERE login = %s",
        [failures, failures < MOST_FAILURES, row["login"]],
    )
    return Attempt(_login(row), None, MOST_FAILURES - failures)


def cancel(db: Connection, clock: Clock, identifier: str, browser: str) -> Login:
    """End a log-in because the person does not want it."""
    row = _open_login(db, clock, identifier, browser)
    close(db, identifier)
    return _login(row)


def close(db: Connection, identifier: str, *, finished: bool = False) -> None:
    """End a log-in; `finished` when somebody was logged in by it."""
    db.execute(
        "UPDATE logins SET open = false, one_time_code = NULL, finished = %s WHERE login = %s",
        [finished, digest(identifier)],
    )


def _open_login(db: Connection, clock: Clock, identifier: str, browser: str) -> Row:
    row = db.execute(
        "SELECT * FROM logins WHERE login = %s AND browser = %s AND open AND epoch = %s AND started_at > %s "
        "FOR UPDATE",
        [digest(identifier), digest(browser), clock.epoch, clock.machine() - LOGIN_LASTS],
    ).fetchone()
    if row is None:
        raise Problem(403, "login-over", "this log-in is over; begin again at the service you came from")
    return row


def _may_try(db: Connection, clock: Clock, individual_id: str) -> bool:
    row = db.execute(
        "SELECT coalesce(sum(failures), 0) AS failures, "
        "coalesce(sum(letters) FILTER (WHERE NOT finished), 0) AS letters FROM logins "
        "WHERE individual_id = %s AND started_at > %s",
        [individual_id, clock.machine() - LOGIN_LASTS],
    ).fetchone()
    assert row is not None
    return bool(row["failures"] < MOST_FAILURES_OF_ONE and row["letters"] < MOST_LETTERS_OF_ONE)


def _login(row: Row) -> Login:
    parameters: dict[str, Any] = row["parameters"]
    return Login(parameters=parameters, client_name=row["client_name"])


def _code_digest(identifier: str, code: str) -> str:
    # Keyed with the id that is not stored: six digits alone could be guessed from their digest.
    return hmac.new(identifier.encode(), code.encode(), hashlib.sha256).hexdigest()
