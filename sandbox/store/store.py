"""Opening the store: a PostgreSQL by URL, brought to the newest migration, and sessions on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from sandbox.errors import RuntimeUnavailable, StateConflict, UsageError

MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x5ACB0
"""Advisory lock: two programs that start at once don't migrate at once."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open store; every method may be called by many threads at once."""

    engine: Engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Work in one transaction: committed at the end, rolled back by an exception.

        Raises RuntimeUnavailable when PostgreSQL does not answer, StateConflict when somebody entered
        the same at the same moment; nothing is half-written then.
        """
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except OperationalError as error:
            raise _unreachable(self.engine, error) from error
        except IntegrityError as error:
            raise StateConflict(
                "somebody entered the same at the same moment",
                hint="ask again: you are told what there is now",
            ) from error

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Connect, and migrate to what this version needs. Raises UsageError, RuntimeUnavailable."""
    try:
        address = make_url(url)
    except ArgumentError:
        raise UsageError(
            "the store's address can't be read",
            hint="wanted: postgresql://user:password@host:port/database",
        ) from None
    if address.get_backend_name() != "postgresql":
        raise UsageError(
            f"the store can't be {address.get_backend_name()!r}",
            hint="wanted: postgresql://user:password@host:port/database",
        )
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        connect_args={"connect_timeout": 5, "application_name": "civic-sandbox"},
    )
    try:
        migrate(engine)
    except OperationalError as error:
        engine.dispose()
        raise _unreachable(engine, error) from error
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the tables to a revision. Raises RuntimeUnavailable when a newer version made them."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_AT_A_TIME})
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        try:
            if to == "base":
                command.downgrade(config, to)
            else:
                command.upgrade(config, to)
        except CommandError as error:
            raise RuntimeUnavailable(
                f"the store can't be brought to this version: {error}",
                hint="a newer version of the sandbox made its tables; use that version, or another database",
            ) from error


def _unreachable(engine: Engine, error: DBAPIError) -> RuntimeUnavailable:
    place = engine.url.render_as_string(hide_password=True)
    lines = str(error.orig).strip().splitlines() or ["it said nothing"]
    return RuntimeUnavailable(
        f"the store at {place} does not answer: {lines[0]}",
        hint="nothing is lost; what waits goes on when PostgreSQL answers again",
    )
