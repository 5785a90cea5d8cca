"""Loaded databases that outlive their sandbox, in the server that the sandboxes of one home share.

A kept database belongs to the superuser, accepts no connection, and holds nothing of the
sandbox that loaded it: its tables belong to a role of nobody, and what the block's serving
role was granted is granted to another role of nobody. Neither can log in.

A copy grows under the name of its sandbox, so that it goes with the sandbox when its maker is
killed, and is renamed in one transaction when nothing of the sandbox is left in it. What is
not kept is loaded: nothing here is ever repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from psycopg import sql
from psycopg.errors import DuplicateDatabase, InvalidCatalogName, ObjectInUse, UniqueViolation
from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.runtime import KeptDatabase, Loaded, prefix_of
from sandbox.runtimes.grants import hand_over, strangers
from sandbox.runtimes.kept import (
    OWNER,
    PREFIX,
    READER,
    close_and_rename,
    make_over,
    make_roles,
    move_over,
    name_of,
    see_alone,
)
from sandbox.runtimes.local.databases import Superuser
from sandbox.runtimes.local.layout import Home, explained, write_whole
from sandbox.runtimes.local.server import Server, ensure_server, reap_server, recorded_server

_AT_ONCE = 4


class _Record(BaseModel):
    """What is listed without asking the server; when it was last used is the file's own time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    block: str
    population: str
    stored_bytes: int


class LocalKeeper:
    """Keeps, clones, lists and removes; knows nothing but the home."""

    def __init__(self, home: Path) -> None:
        self._home = Home(home.absolute())

    @property
    def restores_late(self) -> bool:
        """Yes: a clone can be made at any moment of the server's life."""
        return True

    def restore(self, sandbox: str, wanted: Sequence[Loaded]) -> Sequence[Loaded]:
        """Clone what is kept; a clone that can't be made is simply not among those returned."""
        server = recorded_server(self._home)
        if server is None:
            return []
        there = [each for each in wanted if _record(self._home, each.key).exists()]
        return _all_at_once(lambda each: _restore(self._home, server, prefix_of(sandbox), each), there)

    def keep(self, sandbox: str, loaded: Sequence[Loaded], data: Path) -> None:
        """Keep copies of what was loaded; `data` isn't read.

        Raises RuntimeFailure when the disk refuses; nothing half is kept.
        """
        del data
        server = recorded_server(self._home)
        if server is None:
            return
        prefix = prefix_of(sandbox)
        with explained("keep loaded databases", self._home.kept):
            self._home.kept.mkdir(mode=0o700, exist_ok=True)
            with server.session(prefix) as connection:
                make_roles(connection)
                sweep(self._home, connection)
            new = [each for each in loaded if not _record(self._home, each.key).exists()]
            _all_at_once(lambda each: _keep(self._home, server, prefix, each), new)

    def kept(self) -> Sequence[KeptDatabase]:
        """List them by what their records say; one that can't be read is none."""
        found = []
        for path in sorted(self._home.kept.glob("*.json")):
            with suppress(OSError, ValidationError):
                record = _Record.model_validate_json(path.read_bytes())
                used = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                found.append(KeptDatabase(key=path.stem, used=used, **record.model_dump()))
        return found

    def forget(self, keys: Sequence[str]) -> None:
        """Remove them, and what no record tells of; starts the server for it, and stops it again."""
        if not keys:
            return
        with (
            explained("remove kept databases", self._home.kept),
            ensure_server(self._home).session() as connection,
        ):
            for key in keys:
                _record(self._home, key).unlink(missing_ok=True)
            sweep(self._home, connection)
        reap_server(self._home)


def sweep(home: Home, connection: Superuser) -> None:
    """Drop kept databases without a record; one that is being cloned stays for the next time."""
    rows = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
    for (name,) in rows.fetchall():
        if not _record(home, name.removeprefix(PREFIX)).exists():
            with suppress(ObjectInUse):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _all_at_once(work: Callable[[Loaded], bool], wanted: Sequence[Loaded]) -> list[Loaded]:
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
        return [each for each, done in zip(wanted, workers.map(work, wanted), strict=True) if done]


def _restore(home: Home, server: Server, prefix: str, wanted: Loaded) -> bool:
    growing, admin = f"{wanted.database}__restoring", f"{prefix}_admin"
    with server.session(prefix) as connection:
        try:
            _clone(connection, growing, name_of(wanted.key), owner=admin)
        except (InvalidCatalogName, ObjectInUse):
            _record(home, wanted.key).unlink(missing_ok=True)
            return False
        with server.session(prefix, database=growing) as inside:
            make_over(connection, inside, admin, wanted.role)
        move_over(connection, growing, wanted.database, admin)
    with suppress(OSError):
        _record(home, wanted.key).touch()
    return True


def _keep(home: Home, server: Server, prefix: str, loaded: Loaded) -> bool:
    growing, admin = f"{loaded.database}__keeping", f"{prefix}_admin"
    with server.session(prefix) as connection:
        # The sandbox's own until it is whole: then it goes with the sandbox if this command is killed.
        _clone(connection, growing, loaded.database, owner=admin)
        with server.session(prefix, database=growing) as inside, inside.transaction():
            hand_over(inside, admin, OWNER, loaded.role, READER)
            left = strangers(inside, (OWNER, READER))
        if left:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(growing)))
            return False  # a loader that grants to others than its serving role is loaded each time
        name = name_of(loaded.key)
        see_alone(connection, growing)
        try:
            with connection.transaction():
                connection.execute(
                    sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(sql.Identifier(growing))
                )
                close_and_rename(connection, growing, name)
        except (DuplicateDatabase, UniqueViolation):
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(growing)))
            return False  # somebody else was first; theirs is as good
        row = connection.execute("SELECT pg_database_size(%s)::text", [name]).fetchone()
    assert row is not None
    record = _Record(block=loaded.block, population=loaded.population, stored_bytes=int(row[0]))
    write_whole(_record(home, loaded.key), record.model_dump_json())
    return True


def _clone(connection: Superuser, name: str, template: str, *, owner: str) -> None:
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy").format(
            sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template)
        )
    )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def _record(home: Home, key: str) -> Path:
    return home.kept / f"{key}.json"
