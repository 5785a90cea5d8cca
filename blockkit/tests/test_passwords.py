"""What the server keeps of a password: never the password, and nothing that every session must stretch."""

from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import sql

from blockkit.standalone import Server

STORED = re.compile(r"SCRAM-SHA-256\$1:[A-Za-z0-9+/=]{20,}\$[A-Za-z0-9+/=]{40,}:[A-Za-z0-9+/=]{40,}")


@pytest.mark.parametrize("by", ["server", "client", "initdb"])
def test_a_password_is_kept_salted_and_unstretched(postgres: Server, by: str) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        role = "postgres" if by == "initdb" else f"kept_by_{by}"
        if by == "server":
            admin.execute(f"CREATE ROLE {role} PASSWORD 'random'".encode())
        if by == "client":
            verifier = admin.pgconn.encrypt_password(b"random", role.encode(), b"scram-sha-256").decode()
            admin.execute(sql.SQL("CREATE ROLE {} PASSWORD {}").format(sql.Identifier(role), verifier))
        found = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role]).fetchone()
        if by != "initdb":
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
    assert found is not None
    assert STORED.fullmatch(found[0])
