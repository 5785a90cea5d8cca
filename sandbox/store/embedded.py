"""The store's own embedded PostgreSQL: beside the sandboxes', because this one must survive a power cut.

One `sandbox serve` holds it at a time. A server that a killed one left behind is taken over.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from sandbox.errors import RuntimeUnavailable, StateConflict

DATABASE = "control_plane"
_USER = "postgres"
_STARTS_WITHIN = 60.0
_STOPS_WITHIN = 15.0
_POLL = 0.05


@contextmanager
def embedded_store(folder: Path) -> Iterator[str]:
    """Run the server whose data lies in `folder`, for as long as the block lasts; gives its URL.

    Raises:
        StateConflict: another `sandbox serve` works with this home.
        RuntimeUnavailable: it did not start; the newest lines of its log are shown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        password = _password(folder)
        pid = _left_running(folder)
        port = _port_of(folder)
        if pid is None or port is None or not _answers(port, password):
            _end(pid)
            port = _free_port()
            pid = _launch(folder, port, password)
        try:
            _make_database(port, password)
            yield _url(port, password, DATABASE)
        finally:
            _end(pid)


def _url(port: int, password: str, database: str) -> str:
    return f"postgresql://{_USER}:{password}@127.0.0.1:{port}/{database}"


def _launch(folder: Path, port: int, password: str) -> int:
    (folder / "port").write_text(str(port))
    log = folder / "log"
    command = [
        *(sys.executable, "-m", "blockkit.postgres", "serve", "--durable"),
        *("--data", str(folder / "data"), "--port", str(port)),
        *("--password-file", str(folder / "password"), "--connections", "100"),
    ]
    with log.open("wb") as file:
        # In a session of its own: Ctrl-C is for `serve`, which ends its database in order.
        child = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True)
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline and child.poll() is None:
        if _answers(port, password):
            return child.pid
        time.sleep(_POLL)
    _end(child.pid)
    tail = log.read_text(errors="replace").strip().splitlines()[-20:] or ["it said nothing"]
    raise RuntimeUnavailable(
        f"the store's PostgreSQL did not start: {tail[-1]}",
        hint=f"its log is {log}; --store names another PostgreSQL",
        log_tail="\n".join(tail),
    )


def _answers(port: int, password: str) -> bool:
    try:
        psycopg.connect(_url(port, password, "postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_database(port: int, password: str) -> None:
    with psycopg.connect(_url(port, password, "postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if found is None:
            connection.execute(f'CREATE DATABASE "{DATABASE}"')


def _left_running(folder: Path) -> int | None:
    """Find the server that a killed `serve` left, by the pid in its data and by what it was started with."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        ours = str(folder / "data") in psutil.Process(pid).cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return pid if ours else None


def _end(pid: int | None) -> None:
    if pid is None:
        return
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if _gone(pid):
            return


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + _STOPS_WITHIN
    while time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(_POLL)
    return False


def _password(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        staging = folder / "password.new"
        staging.touch(mode=0o600)
        staging.write_text(secrets.token_urlsafe(32))
        staging.rename(path)
    return path.read_text().strip()


def _port_of(folder: Path) -> int | None:
    try:
        return int((folder / "port").read_text())
    except (OSError, ValueError):
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StateConflict(
            f"another `sandbox serve` works with {folder.parent}",
            hint="use that one, or give this one a home of its own: SANDBOX_HOME=...",
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)
