"""The embedded PostgreSQL that the sandboxes of one home share.

Started by the first sandbox, stopped with the last, both under one lock. Whoever is killed
meanwhile leaves nothing that the next command does not put right: a server that is still
starting is waited for, a crashed one is started again on the same port, and a data folder
that no sandbox needs any more and that was not shut down properly is made anew.

The server itself is the command `python -m blockkit.postgres serve`.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from sandbox.errors import RuntimeFailure, RuntimeUnavailable
from sandbox.runtimes.administrator import close_shared_databases
from sandbox.runtimes.local.databases import Superuser, drop_every_sandbox
from sandbox.runtimes.local.layout import Home, explained, write_whole
from sandbox.runtimes.local.processes import end_processes, find_processes, is_alive, spawn_detached

COMMAND = "blockkit.postgres"
LOOPBACK = "127.0.0.1"
_SUPERUSER = "postgres"
_STARTS_WITHIN = 60.0
_POLL = 0.02
_LOG_LINES = 30
_STOP = (
    (signal.SIGINT, 10.0),  # "fast": sessions end, data is written out
    (signal.SIGQUIT, 3.0),  # "immediate": the next start recovers
    (signal.SIGKILL, 3.0),
)


@dataclass(frozen=True, slots=True)
class Server:
    """The shared server: where it answers, and its superuser's password."""

    port: int
    password: str

    @contextmanager
    def session(self, on_behalf_of: str = "", *, database: str = "postgres") -> Iterator[Superuser]:
        """Speak to it as superuser, without a transaction; for administration only.

        `on_behalf_of` is the prefix of the sandbox that is made or dropped: what a killed
        command left running in the server is known by it.
        """
        try:
            with self._connect(on_behalf_of, database) as connection:
                yield connection
        except psycopg.Error as error:
            raise RuntimeFailure(f"the embedded PostgreSQL refused: {error}".rstrip()) from error

    def listens(self) -> bool:
        """Whether anything accepts connections on its port; much cheaper than asking who."""
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self.port)) == 0

    def answers(self) -> bool:
        """Whether it is our server that answers: only ours accepts this password."""
        if not self.listens():
            return False
        try:
            self._connect("").close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self, on_behalf_of: str, database: str = "postgres") -> Superuser:
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            user=_SUPERUSER,
            password=self.password,
            dbname=database,
            application_name=on_behalf_of,
            connect_timeout=5,
            autocommit=True,
        )


def ensure_server(home: Home) -> Server:
    """Give the running server, started if need be. Raises RuntimeUnavailable with its log."""
    home.make()
    with explained("start the embedded PostgreSQL", home.postgres), _locked(home):
        recorded = recorded_server(home)
        if recorded is not None and recorded.answers():
            return recorded
        server = _start(home, recorded)
        with server.session() as connection:
            close_shared_databases(connection)
        return server


def restart_server(home: Home) -> Server:
    """Kill the server and start it again on the same port and data: what is committed is recovered."""
    home.make()
    with explained("restart the embedded PostgreSQL", home.postgres), _locked(home):
        end_processes(_running(home), ((signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0)))
    return ensure_server(home)


def recorded_server(home: Home) -> Server | None:
    """Recall the server that was started last and not yet stopped."""
    try:
        return Server(int(_port(home).read_text()), _password(home).read_text().strip())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def reap_server(home: Home) -> None:
    """Stop the server when no sandbox is left; two look-ups on the disk when there is nothing to do."""
    if home.folders() or not _port(home).exists():
        return
    with explained("stop the embedded PostgreSQL", home.postgres), _locked(home):
        if home.folders():
            return  # one was begun while we waited; it needs the server
        server = recorded_server(home)
        if server is not None and server.answers():
            with server.session() as connection:
                drop_every_sandbox(connection)
            end_processes(_running(home), _STOP)
        else:
            _wipe(home)  # it crashed: a fresh start is surer than a recovery, and nothing is lost
        _port(home).unlink(missing_ok=True)


def _start(home: Home, recorded: Server | None) -> Server:
    if recorded is not None and _running(home) and _comes_up(recorded, _running(home)[0].pid):
        return recorded  # whoever started it was killed before it answered
    end_processes(_running(home), _STOP)
    _sweep(home)
    needed = sorted(folder.name for folder in home.folders() if folder.site.exists())
    if not needed and _is_from_before_a_restart(home):
        _wipe(home)
    server = recorded if recorded is not None and needed else _renew(home)
    if _launch(home, server):
        return server
    if not needed:
        # Perhaps a power cut broke the data, or the port was taken meanwhile. No sandbox loses anything.
        _wipe(home)
        server = _renew(home)
        if _launch(home, server):
            return server
    raise RuntimeUnavailable(_complaint(home, server, needed), hint=_advice(needed), log_tail=_log_tail(home))


def _renew(home: Home) -> Server:
    """Choose a free port, and a password unless the data exists and knows one."""
    if not (_data(home) / "PG_VERSION").exists() or not _password(home).exists():
        _wipe(home)
        write_whole(_boot(home), _current_boot())
        write_whole(_password(home), secrets.token_urlsafe(32))
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    # Before the process exists, so that a process can always be found to belong to a record.
    write_whole(_port(home), str(port))
    return Server(port, _password(home).read_text().strip())


def _launch(home: Home, server: Server) -> bool:
    log = _log(home)
    log.unlink(missing_ok=True)
    options = (f"--data={_data(home)}", f"--port={server.port}", f"--password-file={_password(home)}")
    return _comes_up(server, spawn_detached(COMMAND, ("serve", *options), output=log))


def _comes_up(server: Server, pid: int) -> bool:
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline:
        if server.answers():
            return is_alive(
                pid
            )  # else it is a server on the same port with our password: one we lost sight of
        if not is_alive(pid):
            return False
        time.sleep(_POLL)
    return False


def _running(home: Home) -> list[psutil.Process]:
    """The server's own process (or the command that is about to become it) and a running initdb."""
    data = str(_data(home))

    def names_the_data(argument: str) -> bool:
        values = (argument, argument.partition("=")[2])
        return any(value == data or value.startswith(f"{data}.") for value in values)

    def belongs(arguments: list[str]) -> bool:
        if not arguments:
            return False
        ours = COMMAND in arguments or Path(arguments[0]).name in ("postgres", "initdb")
        return ours and any(names_the_data(argument) for argument in arguments[1:])

    return find_processes(belongs)


def _wipe(home: Home) -> None:
    """Remove the data and whatever still runs on it."""
    # With their children: initdb's write to the folder and don't name it.
    end_processes([each for one in _running(home) for each in _family(one)], ((signal.SIGKILL, 3.0),))
    shutil.rmtree(home.kept, ignore_errors=True)  # first: what is not there must not be listed
    shutil.rmtree(_data(home), ignore_errors=True)
    _password(home).unlink(missing_ok=True)
    _sweep(home)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _sweep(home: Home) -> None:
    """Remove what a killed initdb or copy of the binaries left half-made."""
    for folder in home.postgres.glob("*.????????/"):
        shutil.rmtree(folder, ignore_errors=True)


def _complaint(home: Home, server: Server, needed: list[str]) -> str:
    if needed and server.listens() and not server.answers():
        return (
            f"the embedded PostgreSQL can't start: its port {server.port}, which the sandboxes "
            f"{', '.join(needed)} know, is taken by another program"
        )
    lines = _log_tail(home).splitlines() or ["it said nothing"]
    # PostgreSQL says the cause first and what it cleaned up last; its command says one line.
    cause = next(
        (line for line in lines if "FATAL:" in line or "error:" in line or "No space" in line), lines[-1]
    )
    return f"the embedded PostgreSQL of {home.root} did not start: {cause}"


def _advice(needed: list[str]) -> str:
    if needed:
        return "end the other program, or give the sandboxes up: sandbox down --all"
    return "the log says why; SANDBOX_HOME chooses another folder"


def _log_tail(home: Home) -> str:
    try:
        return "\n".join(_log(home).read_text(errors="replace").splitlines()[-_LOG_LINES:])
    except FileNotFoundError:
        return ""


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """Hold the home's lock; the system lets go of it when its holder is killed."""
    descriptor = os.open(home.postgres / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_from_before_a_restart(home: Home) -> bool:
    """Whether the data was begun before the machine last started.

    The server never waits for the disk, so a power cut may have left kept databases in pieces
    that look whole. Nobody can tell it from an orderly restart afterwards.
    """
    try:
        return _boot(home).read_text() != _current_boot()
    except OSError:
        return _data(home).exists()


def _current_boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))  # not Linux


def _data(home: Home) -> Path:
    return home.postgres / "data"


def _port(home: Home) -> Path:
    return home.postgres / "port"


def _password(home: Home) -> Path:
    return home.postgres / "password"


def _boot(home: Home) -> Path:
    return home.postgres / "boot"


def _log(home: Home) -> Path:
    return home.postgres / "log"
