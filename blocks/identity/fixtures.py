"""The state that GovStack's harness presupposes: persons, and log-ins whose ids and link code it knows.

They become rows like all others, by a client of their own whose key nobody has; only their age is other:
a fixture's log-in doesn't grow old within the hour in which a harness runs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from joserfc.jwk import ECKey
from psycopg.types.json import Jsonb

from blockkit.clock import machine_now
from blockkit.fixtures import FixturesUnusable
from blockkit.records import Connection
from blocks.identity.logins import digest

CLIENT = "fixture-client"
REDIRECT = "https://service.example/back"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The example of RFC 7636, appendix B."""
LONG = timedelta(days=3650)


def enter(db: Connection, document: Any) -> None:
    """Write a document into the tables. Raises FixturesUnusable."""
    if not isinstance(document, dict) or not isinstance(document.get("data", {}), dict):
        raise FixturesUnusable("wanted an object with 'data'")
    persons = [
        each["individualId"]
        for each in document.get("data", {}).get("wallet", [])
        if isinstance(each, dict) and isinstance(each.get("individualId"), str)
    ]
    for person in persons:
        db.execute(
            "INSERT INTO persons (individual_id, given_name) VALUES (%s, 'Fixture') ON CONFLICT DO NOTHING",
            [person],
        )
    transactions = [
        value
        for name, value in document.items()
        if name.startswith("transactionId") and isinstance(value, str)
    ]
    if transactions:
        _enter_client(db)
    header = document.get("X_XSRF_TOKEN", {})
    xsrf = header.get("value", "") if isinstance(header, dict) else ""
    for transaction in transactions:
        _enter_login(db, transaction, str(xsrf))
    code = document.get("linkedCode")
    if isinstance(code, str) and transactions and persons:
        _enter_link(db, code, transactions[0], persons[0])


def _enter_client(db: Connection) -> None:
    key = ECKey.generate_key("P-256").as_dict(private=False)
    db.execute(
        "INSERT INTO clients (client_id, name, relying_party_id, logo_uri, redirect_uris, acr, public_key,"
        " user_claims, created_from) VALUES (%s, 'Fixture', 'fixture', %s, %s, %s, %s, %s, '')"
        " ON CONFLICT DO NOTHING",
        [CLIENT, REDIRECT, [REDIRECT], ["idbb:acr:linked-wallet"], Jsonb(dict(key)), ["name"]],
    )


def _enter_login(db: Connection, transaction: str, xsrf: str) -> None:
    parameters = {
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid profile",
        "state": "fixture",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    db.execute(
        "INSERT INTO logins (login, browser, epoch, parameters, client_name, started_at, xsrf)"
        " VALUES (%s, '', 0, %s, 'Fixture', %s, %s) ON CONFLICT DO NOTHING",
        [digest(transaction), Jsonb(parameters), machine_now() + LONG, digest(xsrf)],
    )


def _enter_link(db: Connection, code: str, transaction: str, person: str) -> None:
    """Enter a link whose wallet has agreed: what a harness asks about it has an answer."""
    db.execute(
        "INSERT INTO links (code, login, epoch, state, individual_id, scopes, claims, linked_at, ends_at)"
        " VALUES (%s, %s, 0, 'consented', %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [
            digest(code),
            digest(transaction),
            person,
            ["openid"],
            ["name"],
            machine_now(),
            machine_now() + LONG,
        ],
    )
