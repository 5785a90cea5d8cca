"""A cluster made to be copied: `python -m sandbox.seeding.cluster`, for itself alone, without a network.

It starts an empty PostgreSQL on the loopback, fills databases that belong to roles of nobody, shuts the
server down in order and writes everything through to the disk, which the server itself never does.
Whoever began it knows by its exit code alone that the folder is whole: 0, and never without. Its last
word is how many bytes the cluster has. The superuser's password is drawn here and told to nobody.
"""

from __future__ import annotations

import importlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from psycopg import sql

from sandbox.model.block import Frozen
from sandbox.runtimes.administrator import close_shared_databases, open_database, wait_for_server
from sandbox.runtimes.grants import strangers
from sandbox.runtimes.kept import OWNER, READER, make_roles, name_of
from sandbox.runtimes.kept import Session as Server
from sandbox.seeding.registers import as_register

ENVIRONMENT_NAME = "CLUSTER_PLAN"
_AT_ONCE = 4
_ENDS_WITHIN_SECONDS = 120


class KeptWish(Frozen):
    """One database to be: the key that it is kept under, whose it is, and the module that fills it."""

    key: str
    block: str
    loader: str


class ClusterPlan(Frozen):
    """Which databases, from which citizens, and where.

    Attributes:
        databases: What the cluster will hold, and nothing else.
        folder: Holds the population in `population`, which is removed, and the cluster in `data`.
        prepared: Data folder that the cluster begins as a copy of.
        port: Where the server listens meanwhile, on the loopback.
    """

    databases: tuple[KeptWish, ...]
    folder: Path
    prepared: Path | None = None
    port: int = 5432

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.folder / "data"

    @property
    def population(self) -> Path:
        """The citizens that it is filled from."""
        return self.folder / "population"


def main(environment: Mapping[str, str]) -> int:
    """Make it; 1 when it can't be made."""
    plan = ClusterPlan.model_validate_json(environment[ENVIRONMENT_NAME])
    _remove(plan.data)
    with tempfile.TemporaryDirectory() as folder:
        password = Path(folder) / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_hex(32))
        server = subprocess.Popen(_command(plan, password))
        try:
            if not _fill(plan, password.read_text()):
                return 1
        finally:
            server.send_signal(signal.SIGINT)  # "fast": all is written out, and the log is at its end
            ended = server.wait(_ENDS_WITHIN_SECONDS)
    if ended != 0:
        print(f"the server did not shut down in order ({ended})", file=sys.stderr)
        return 1
    _remove(plan.population)
    print(write_through(plan.folder))
    return 0


def write_through(folder: Path) -> int:
    """Have every file and folder below reach the disk; tells the bytes that they take there."""
    total = 0
    for place, _, files in os.walk(folder, topdown=False):
        for path in (*(Path(place, name) for name in files), Path(place)):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                total += os.fstat(descriptor).st_blocks * 512
            finally:
                os.close(descriptor)
    return total


def _command(plan: ClusterPlan, password: Path) -> list[str]:
    serve = ["-m", "blockkit.postgres", "serve", "--data", str(plan.data), "--port", str(plan.port)]
    size = ["--connections", "20", "--buffers", "64", "--password-file", str(password)]
    begin = [] if plan.prepared is None else ["--prepared", str(plan.prepared)]
    return [sys.executable, *serve, *size, *begin]


def _fill(plan: ClusterPlan, password: str) -> bool:
    for wish in plan.databases:
        importlib.import_module(wish.loader)  # imports share one lock; threads would only queue for it
    server = wait_for_server(plan.port, password)
    if server is None:
        return False
    with server, ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
        close_shared_databases(server)
        make_roles(server)
        for done in [workers.submit(_load, plan, server, password, wish) for wish in plan.databases]:
            done.result()
    return True


def _load(plan: ClusterPlan, server: Server, password: str, wish: KeptWish) -> None:
    name = sql.Identifier(name_of(wish.key))
    server.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(name, sql.Identifier(OWNER))
    )
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    load = importlib.import_module(wish.loader).load
    with (
        as_register(plan.population, wish.block) as data,
        open_database(plan.port, password, name_of(wish.key), OWNER) as owner,
        owner.transaction(),
    ):
        load(owner, data, role=READER)
    with open_database(plan.port, password, name_of(wish.key)) as inside:
        left = strangers(inside, (OWNER, READER))
    if left:  # a loader that grants to others than its serving role is loaded each time
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _remove(folder: Path) -> None:
    """Remove a folder that was sent as one that nobody may write to."""
    for place, _, _ in os.walk(folder):
        Path(place).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(os.environ))
