"""The tables of the store, as SQLAlchemy maps them. Alembic's migrations make them; this file must agree.

Nothing here is a sandbox: what runs is what the runtime says. A row is a wish, its job, or a
record of what came of it. Times are real times (UTC).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ID = String(32)
NAME = String(64)
WORD = String(40)


class Table(DeclarativeBase):
    """Every table of the store."""

    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}


class Account(Table):
    """Somebody who may log in. `password` is an argon2 hash."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    role: Mapped[str] = mapped_column(WORD)
    password: Mapped[str]
    created: Mapped[datetime]
    closed: Mapped[datetime | None]


class Credential(Table):
    """What proves an account, or invites to make one; only a hash of it is kept.

    `kind` is `session` (a browser's cookie), `token` (a program's), `invitation` (used once), `ticket`
    (used once, to a sandbox's pages) or `pages` (the cookie that a ticket became).
    """

    __tablename__ = "credentials"
    __table_args__ = (Index("credentials_by_account", "account"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(WORD)
    account: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    role: Mapped[str] = mapped_column(WORD, server_default="")
    """Of an invitation: the role of the account that it makes."""
    label: Mapped[str] = mapped_column(NAME, server_default="")
    created: Mapped[datetime]
    expires: Mapped[datetime]


class SandboxRow(Table):
    """A sandbox that was asked for. `state` is asked, starting, running, failed, removing or removed."""

    __tablename__ = "sandboxes"
    __table_args__ = (
        # A name is free again when its sandbox is gone.
        Index("sandboxes_live_name", "name", unique=True, postgresql_where=text("state <> 'removed'")),
        Index("sandboxes_by_owner", "owner"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    owner: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    wish: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(WORD)
    host: Mapped[str] = mapped_column(NAME, server_default="")
    """The machine that it runs on; empty until it was started."""
    url: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    """Why it failed, in the words of the error; empty otherwise."""
    hint: Mapped[str] = mapped_column(server_default="")
    created: Mapped[datetime]
    expires: Mapped[datetime | None]


class WorkshopRow(Table):
    """A class that works in sandboxes of one scenario. `state` is open or closed."""

    __tablename__ = "workshops"
    __table_args__ = (Index("workshops_by_trainer", "trainer"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    title: Mapped[str]
    scenario: Mapped[str] = mapped_column(NAME)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    """What participants type to join. It stands on the wall of the room, so it is no secret to hash."""
    trainer: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    people: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(WORD)
    created: Mapped[datetime]
    closed: Mapped[datetime | None]


class SeatRow(Table):
    """A place in a workshop: a role in a sandbox, which others may share, and whoever took it."""

    __tablename__ = "seats"
    __table_args__ = (Index("seats_by_sandbox", "sandbox"),)

    workshop: Mapped[str] = mapped_column(ForeignKey("workshops.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sandbox: Mapped[str] = mapped_column(ForeignKey("sandboxes.id"))
    role: Mapped[str]
    name: Mapped[str] = mapped_column(NAME, server_default="")
    """As the participant said it; empty while the seat is free."""
    account: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"), unique=True)
    pin: Mapped[str] = mapped_column(server_default="")
    """An argon2 hash."""
    joined: Mapped[datetime | None]
    last_seen: Mapped[datetime | None]
    helped: Mapped[datetime | None]
    """When the trainer was here last."""


class RunRow(Table):
    """A run that was asked for. `state` is asked, playing, ended or failed (it could not be begun)."""

    __tablename__ = "runs"
    __table_args__ = (Index("runs_by_owner", "owner"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    scenario: Mapped[str] = mapped_column(NAME)
    wish: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(WORD)
    outcome: Mapped[str] = mapped_column(WORD, server_default="")
    sentence: Mapped[str] = mapped_column(server_default="")
    folder: Mapped[str] = mapped_column(server_default="")
    """Where the evidence lies, below the register of runs."""
    reason: Mapped[str] = mapped_column(server_default="")
    hint: Mapped[str] = mapped_column(server_default="")
    created: Mapped[datetime]
    ended: Mapped[datetime | None]


class JobRow(Table):
    """Work about one subject. Who holds it renews `held_until`; each holder has a higher `fence`."""

    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_unfinished", "state", postgresql_where=text("state <> 'done'")),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(WORD)
    subject: Mapped[str] = mapped_column(ID)
    detail: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(WORD)
    """waiting, held or done."""
    fence: Mapped[int] = mapped_column(BigInteger, server_default="0")
    held_by: Mapped[str] = mapped_column(server_default="")
    held_until: Mapped[datetime | None]
    host: Mapped[str] = mapped_column(NAME, server_default="")
    """The only machine that can do it; empty when any can."""
    created: Mapped[datetime]
    done: Mapped[datetime | None]


class Happening(Table):
    """One thing that happened to a subject, in order; what a live page follows."""

    __tablename__ = "happenings"
    __table_args__ = (Index("happenings_by_subject", "subject", "number"),)

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    subject: Mapped[str] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(WORD)
    at: Mapped[datetime]
    told: Mapped[dict[str, Any]]


class Deed(Table):
    """One line of the audit log: who did what to what, from where. Lines are only ever added."""

    __tablename__ = "deeds"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    account: Mapped[str] = mapped_column(NAME)
    action: Mapped[str] = mapped_column(WORD)
    subject: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")


class Receipt(Table):
    """What was answered under an idempotency key, so that a repeated POST creates nothing twice."""

    __tablename__ = "receipts"

    account: Mapped[str] = mapped_column(ID, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what was asked."""
    subject: Mapped[str] = mapped_column(ID)
    created: Mapped[datetime]
