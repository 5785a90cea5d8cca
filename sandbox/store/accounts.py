"""Accounts and what proves them. A secret is shown once and kept as a hash; a lost one is replaced."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sandbox.errors import StateConflict
from sandbox.store.schema import Account, Credential

Kind = Literal["session", "token", "invitation", "ticket", "pages"]


def new_id() -> str:
    """Draw an identifier that nobody can guess and nothing follows from."""
    return secrets.token_hex(8)


def digest_of(secret: str) -> str:
    """Hash a secret of ours: 256 bits of chance need no slow hash, as a password does."""
    return hashlib.sha256(secret.encode()).hexdigest()


def add_account(session: Session, *, name: str, role: str, password: str, now: datetime) -> Account:
    """Add an account; `password` is its argon2 hash. Raises StateConflict when the name is taken."""
    if session.scalar(select(Account.id).where(Account.name == name)) is not None:
        raise StateConflict(f"there is an account {name!r} already", hint="choose another name")
    account = Account(id=new_id(), name=name, role=role, password=password, created=now)
    session.add(account)
    session.flush()
    return account


def find_account(session: Session, name: str) -> Account | None:
    """Find who may log in under a name."""
    return session.scalar(select(Account).where(Account.name == name, Account.closed.is_(None)))


def list_accounts(session: Session) -> list[Account]:
    """List everybody, closed ones too, by name."""
    return list(session.scalars(select(Account).order_by(Account.name)))


def has_admin(session: Session) -> bool:
    """Whether somebody can administer this installation."""
    found = select(Account.id).where(Account.role == "admin", Account.closed.is_(None)).limit(1)
    return session.scalar(found) is not None


def issue(
    session: Session,
    kind: Kind,
    *,
    now: datetime,
    lifetime: timedelta,
    account: str | None = None,
    role: str = "",
    label: str = "",
) -> str:
    """Issue a secret and keep its hash; whoever shows the secret is the account, until it expires."""
    secret = secrets.token_urlsafe(32)
    session.add(
        Credential(
            digest=digest_of(secret),
            kind=kind,
            account=account,
            role=role,
            label=label,
            created=now,
            expires=now + lifetime,
        )
    )
    return secret


def recognise(session: Session, kind: Kind, secret: str, now: datetime) -> Account | None:
    """Say whose session or token this is; None for one that is unknown, expired or of a closed account."""
    return session.scalar(
        select(Account)
        .join(Credential, Credential.account == Account.id)
        .where(
            Credential.digest == digest_of(secret),
            Credential.kind == kind,
            Credential.expires > now,
            Account.closed.is_(None),
        )
    )


def take_invitation(session: Session, secret: str, now: datetime) -> str | None:
    """Use an invitation up and say for which role it was; None when it is unknown, used or expired."""
    return session.scalar(
        delete(Credential)
        .where(
            Credential.digest == digest_of(secret),
            Credential.kind == "invitation",
            Credential.expires > now,
        )
        .returning(Credential.role)
    )


def recognise_with_label(
    session: Session, kind: Kind, secret: str, now: datetime
) -> tuple[Account, str] | None:
    """Say whose secret this is and what was written on it; None as for `recognise`."""
    account = recognise(session, kind, secret, now)
    if account is None:
        return None
    label = session.scalar(select(Credential.label).where(Credential.digest == digest_of(secret)))
    return account, label or ""


def take_ticket(session: Session, secret: str, now: datetime) -> tuple[Account, str] | None:
    """Use a ticket up; give whose it was and what was written on it, None when it is worth nothing."""
    found = recognise_with_label(session, "ticket", secret, now)
    taken = session.scalar(
        delete(Credential).where(Credential.digest == digest_of(secret)).returning(Credential.digest)
    )
    return found if taken else None


def mark_of(secret: str) -> str:
    """Give a mark by which a secret is named in what follows from it, and which proves nothing."""
    return digest_of(secret)[:40]


def is_live(session: Session, mark: str, now: datetime) -> bool:
    """Whether the secret with this mark is still worth something."""
    found = select(Credential.digest).where(Credential.digest.startswith(mark), Credential.expires > now)
    return session.scalar(found) is not None


def withdraw(session: Session, secret: str) -> None:
    """Make a session or token worthless."""
    session.execute(delete(Credential).where(Credential.digest == digest_of(secret)))


def withdraw_all(session: Session, account: str) -> None:
    """Log an account out everywhere."""
    session.execute(delete(Credential).where(Credential.account == account))


def sweep(session: Session, now: datetime) -> None:
    """Forget what has expired."""
    session.execute(delete(Credential).where(Credential.expires <= now))
