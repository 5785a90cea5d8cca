"""What tests of the control plane need of a store: emptied tables, somebody in it, and a clock to turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from sandbox.store import accounts
from sandbox.store.schema import Account, Table
from sandbox.store.store import Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Hands:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def turn(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


def empty(store: Store) -> None:
    """Remove every row."""
    names = ", ".join(table.name for table in Table.metadata.sorted_tables)
    with store.session() as session:
        session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


def somebody(store: Store, name: str = "Ada", role: str = "pilot", password: str = "-") -> Account:
    """Add an account; the password is its hash, so that nobody can log in with the usual one."""
    with store.session() as session:
        return accounts.add_account(session, name=name, role=role, password=password, now=NOON)


def token_of(store: Store, account: Account) -> str:
    """Give a token of an account."""
    with store.session() as session:
        return accounts.issue(session, "token", account=account.id, now=NOON, lifetime=timedelta(days=36500))
