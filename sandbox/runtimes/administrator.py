"""The role that administers one sandbox's databases, and closing what no sandbox owns.

The administrator may create roles and databases and is no superuser. As a program
(`python -m sandbox.runtimes.administrator`) it waits for the server beside it and does
both, told by its environment: `DATABASE_PORT`, `SUPERUSER_PASSWORD`, `ADMINISTRATOR`,
`ADMINISTRATOR_PASSWORD`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
_SHARED = ("postgres", "template1")
_READY_WITHIN_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.02


def close_shared_databases(server: psycopg.Connection[Any]) -> None:
    """Keep everybody but the superuser out of the databases that no sandbox owns."""
    for name in _SHARED:
        server.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def create_administrator(server: psycopg.Connection[Any], user: str, password: str) -> None:
    """Make the role, and a database of the same name to administer from."""
    # Only the verifier travels, so no password can end up in the server's log.
    verifier = server.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256")
    admin = sql.Identifier(user)
    server.execute(
        sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER CREATEDB CREATEROLE PASSWORD {}").format(
            admin, sql.Literal(verifier.decode())
        )
    )
    # It may act as the roles it creates; without this it could not hand them a database.
    server.execute(sql.SQL("ALTER ROLE {} SET createrole_self_grant = 'set, inherit'").format(admin))
    server.execute(sql.SQL("CREATE DATABASE {} OWNER {} STRATEGY file_copy").format(admin, admin))
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(admin))


def wait_for_server(port: int, password: str) -> psycopg.Connection[Any] | None:
    """Connect as the superuser once the server on the loopback answers; None, and why, when it never does."""
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while True:
        try:
            return psycopg.connect(
                host="127.0.0.1",
                port=port,
                dbname="postgres",
                user=SUPERUSER,
                password=password,
                autocommit=True,
            )
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                print(f"postgres did not answer: {error}", file=sys.stderr)
                return None
            time.sleep(_LOOK_AGAIN_SECONDS)  # the server tells nobody when it begins to listen


def main(environment: Mapping[str, str]) -> int:
    """Wait for the server on the loopback, close it and make the administrator; 1 when it never answers.

    One that is there already is left as it is: a server may be started again.
    """
    server = wait_for_server(int(environment["DATABASE_PORT"]), environment["SUPERUSER_PASSWORD"])
    if server is None:
        return 1
    with server:
        user = environment["ADMINISTRATOR"]
        if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [user]).fetchone():
            return 0
        close_shared_databases(server)
        create_administrator(server, user, environment["ADMINISTRATOR_PASSWORD"])
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
