"""Accounts, tokens for programs, and the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from sandbox.controlplane.access import Admin, AskedBy, Role
from sandbox.controlplane.api.views import AccountView, DeedView, Page, View
from sandbox.controlplane.plane import Plane
from sandbox.errors import NotFound, StateConflict
from sandbox.model.block import Frozen
from sandbox.store import accounts, journal
from sandbox.store.schema import Account

INVITATION = timedelta(days=7)


class InvitationAsked(Frozen):
    """Whom to invite."""

    role: Role


class Invitation(View):
    """A link that makes one account; shown once."""

    path: str
    role: Role


class TokenAsked(Frozen):
    """A token for a program."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    days: int = Field(default=30, ge=1, le=90)


class Token(View):
    """The token; shown once."""

    token: str
    label: str


class Me(View):
    """Who asks."""

    id: str
    name: str
    role: Role


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["accounts"])

    @router.get("/me")
    def me(caller: AskedBy) -> Me:
        """Say who asks."""
        return Me(id=caller.id, name=caller.name, role=caller.role)

    @router.post("/tokens", status_code=201)
    def make_token(asked: TokenAsked, caller: AskedBy) -> Token:
        """Make a token with your own rights, for a program."""
        with plane.store.session() as session:
            secret = accounts.issue(
                session,
                "token",
                account=caller.id,
                label=asked.label,
                now=plane.now(),
                lifetime=timedelta(days=asked.days),
            )
            _note(plane, session, caller.name, "make-token", asked.label)
        return Token(token=secret, label=asked.label)

    @router.get("/accounts")
    def list_accounts(caller: Admin) -> Page[AccountView]:
        """List everybody."""
        del caller
        with plane.store.session() as session:
            return Page(items=tuple(AccountView.of(row) for row in accounts.list_accounts(session)))

    @router.post("/invitations", status_code=201)
    def invite(asked: InvitationAsked, caller: Admin) -> Invitation:
        """Make a link with which somebody makes their account."""
        with plane.store.session() as session:
            secret = accounts.issue(
                session, "invitation", role=asked.role, now=plane.now(), lifetime=INVITATION
            )
            _note(plane, session, caller.name, "invite", asked.role)
        return Invitation(path=f"/welcome?invitation={secret}", role=asked.role)

    @router.delete("/accounts/{account}", status_code=204)
    def close(account: str, caller: Admin) -> None:
        """Close an account: it is logged out everywhere, and its sandboxes stay."""
        with plane.store.session() as session:
            row = session.get(Account, account)
            if row is None:
                raise NotFound(f"there is no account {account!r}")
            if row.id == caller.id:
                raise StateConflict("this is your own account", hint="another admin can close it")
            row.closed = row.closed or plane.now()
            accounts.withdraw_all(session, row.id)
            _note(plane, session, caller.name, "close-account", row.name)

    @router.get("/audit")
    def audit(
        caller: Admin,
        before: int | None = None,
        most: Annotated[int, Query(ge=1, le=200, alias="limit")] = 50,
    ) -> Page[DeedView]:
        """Read who did what, the newest first."""
        del caller
        with plane.store.session() as session:
            rows = journal.deeds(session, before=before, most=most)
        return Page(
            items=tuple(DeedView.of(row) for row in rows),
            next=str(rows[-1].number) if len(rows) == most else None,
        )

    return router


def _note(plane: Plane, session: Session, name: str, action: str, subject: str) -> None:
    journal.enter_deed(session, now=plane.now(), account=name, action=action, subject=subject)
