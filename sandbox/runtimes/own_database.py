"""A PostgreSQL of a candidate's own: `python -m sandbox.runtimes.own_database`, one role and its database.

Told by its environment: `PORT`, `ROLE`, `PASSWORD`. Everything lies in memory below `/tmp` and is
gone when it ends. The superuser's password is drawn here and told to nobody.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from sandbox.runtimes.administrator import close_shared_databases, wait_for_server

FOLDER = Path("/tmp/postgres")  # noqa: S108  the one place where a container of ours may write
PASSWORD_FILE = FOLDER / "superuser-password"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Become the server, beside a process that makes role and database once it answers."""
    if arguments == ["prepare"]:
        return _prepare(environment)
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    PASSWORD_FILE.touch(mode=0o600)
    PASSWORD_FILE.write_text(secrets.token_hex(32))
    # Through a shell that ends: the server must not find a child that it did not make.
    subprocess.run(
        ["/bin/sh", "-c", '"$0" -m sandbox.runtimes.own_database prepare &', sys.executable], check=True
    )
    serve = ["-m", "blockkit.postgres", "serve", "--listen", "*", "--port", environment["PORT"]]
    size = ["--connections", "60", "--buffers", "8"]
    place = ["--data", str(FOLDER / "data"), "--password-file", str(PASSWORD_FILE)]
    os.execv(sys.executable, [sys.executable, *serve, *size, *place])
    raise AssertionError("this program is another one now")


def _prepare(environment: Mapping[str, str]) -> int:
    server = wait_for_server(int(environment["PORT"]), PASSWORD_FILE.read_text())
    if server is None:
        return 1
    role = environment["ROLE"]
    with server:
        if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            return 0
        close_shared_databases(server)
        _make(server, role, environment["PASSWORD"])
    return 0


def _make(server: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    # Only the verifier travels, so no password can end up in the server's log.
    verifier = server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    name = sql.Identifier(role)
    server.execute(
        sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER PASSWORD {}").format(name, sql.Literal(verifier.decode()))
    )
    server.execute(sql.SQL("CREATE DATABASE {} OWNER {} STRATEGY file_copy").format(name, name))
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
