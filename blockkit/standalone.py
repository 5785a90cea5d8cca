"""A throw-away PostgreSQL for a block that runs alone, and for tests; gone when its context ends."""

from __future__ import annotations

import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from blockkit.postgres import SUPERUSER, PostgresUnusable

Load = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Server:
    """A running throw-away server on the loopback."""

    port: int
    password: str

    def url(self, database: str = "postgres", *, user: str = SUPERUSER, password: str | None = None) -> str:
        """Give a connection URL."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def make_database(self, name: str, load: Load, data: Path) -> str:
        """Create a database with its owner and serving role, load it, and give the serving role's URL."""
        password = secrets.token_hex(16)
        owner = f"{name}_owner"
        with psycopg.connect(self.url(), autocommit=True) as admin:
            for role in (owner, name):
                admin.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(password)
                    )
                )
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
            )
        with psycopg.connect(self.url(name, user=owner, password=password)) as connection:
            load(connection, data, role=name)
        return self.url(name, user=name, password=password)

    def clone_database(self, name: str, template: str) -> None:
        """Copy what make_database made, with its owner and its serving role, under another name."""
        with psycopg.connect(self.url(), autocommit=True) as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(f"{template}_owner"), sql.Identifier(template)
                )
            )

    def drop_database(self, name: str) -> None:
        """Remove what make_database made."""
        with psycopg.connect(self.url(), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            for role in (f"{name}_owner", name):
                admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@contextmanager
def throw_away_server() -> Iterator[Server]:
    """Run a server in a temporary folder. Raises PostgresUnusable when it can't be started."""
    with tempfile.TemporaryDirectory(prefix="sandbox-postgres-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server's unprivileged user must get through to its own folder
        password = secrets.token_hex(16)
        (folder / "password").touch(mode=0o600)
        (folder / "password").write_text(password)
        server = Server(_free_port(), password)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "blockkit.postgres", "serve"),
                    *("--data", str(folder / "data"), "--port", str(server.port)),
                    *("--password-file", str(folder / "password"), "--connections", "200"),
                ],
                stdout=log,
                stderr=log,
            )
        try:
            _wait_until_it_answers(server, process, folder / "log")
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(server: Server, process: subprocess.Popen[Any], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(server.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise PostgresUnusable(
                    f"the throw-away PostgreSQL did not start: {log.read_text(errors='replace')[-800:]}"
                ) from None
            time.sleep(0.02)
        else:
            return
