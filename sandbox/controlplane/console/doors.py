"""Coming in and going out: the first admin's link, invitations, log-in, log-out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from sandbox.controlplane.access import COOKIE, NotKnown, TooManyFailures, address_of, require_few_failures
from sandbox.controlplane.console.forms import FormBy, from_our_page
from sandbox.controlplane.console.rendering import render
from sandbox.controlplane.names import clean_name
from sandbox.controlplane.passwords import SHORTEST, hash_password, is_password
from sandbox.controlplane.plane import Plane
from sandbox.errors import SandboxError
from sandbox.store import accounts, journal

Said = Annotated[str, Form(max_length=400)]
_WRONG = "the name or the password is wrong"


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(include_in_schema=False)
    ours = [Depends(from_our_page)]

    @router.get("/login")
    def login_page(request: Request) -> Response:
        return render(request, "login.html.j2", wrong="", name="")

    @router.post("/login", dependencies=ours)
    def login(request: Request, name: Said, password: Said) -> Response:
        try:
            secret = log_in(plane, name=name, password=password, address=address_of(request))
        except (NotKnown, TooManyFailures) as error:
            return render(request, "login.html.j2", status=error.status, wrong=str(error), name=name)
        return enter(plane, request, secret)

    @router.get("/welcome")
    def welcome_page(request: Request, invitation: str = "") -> Response:
        return render(request, "welcome.html.j2", invitation=invitation, wrong="", name="", shortest=SHORTEST)

    @router.post("/welcome", dependencies=ours)
    def welcome(request: Request, invitation: Said, name: Said, password: Said) -> Response:
        try:
            secret = accept(plane, invitation=invitation, name=name, password=password)
        except SandboxError as error:
            return render(
                request,
                "welcome.html.j2",
                status=error.status,
                invitation=invitation,
                wrong=f"{error}; {error.hint}" if error.hint else str(error),
                name=name,
                shortest=SHORTEST,
            )
        return enter(plane, request, secret)

    @router.post("/logout")
    def logout(caller: FormBy) -> Response:
        with plane.store.session() as session:
            accounts.withdraw(session, caller.secret)
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(COOKIE)
        return answer

    return router


def log_in(plane: Plane, *, name: str, password: str, address: str) -> str:
    """Give the secret of a new session. Raises NotKnown, TooManyFailures."""
    require_few_failures(plane, "log-in-failed", name, address, "too many log-ins failed")
    now = plane.now()
    with plane.store.session() as session:
        account = accounts.find_account(session, name)
    right = is_password(password, account.password if account else None)
    with plane.store.session() as session:
        action = "log-in" if right else "log-in-failed"
        journal.enter_deed(session, now=now, account=name[:64], action=action, address=address)
        if right and account is not None:
            return accounts.issue(
                session, "session", account=account.id, now=now, lifetime=plane.rules.session
            )
    raise NotKnown(_WRONG)


def accept(plane: Plane, *, invitation: str, name: str, password: str) -> str:
    """Make the account that an invitation is for, and give the secret of its first session.

    Raises UsageError, StateConflict (the name is taken; the invitation stays good), NotKnown.
    """
    cleaned = clean_name(name)
    hashed = hash_password(password)
    with plane.store.session() as session:
        return _make_account(session, plane, invitation, cleaned, hashed)


def _make_account(session: Session, plane: Plane, invitation: str, name: str, hashed: str) -> str:
    now = plane.now()
    role = accounts.take_invitation(session, invitation, now)
    if role is None:
        raise NotKnown(
            "this link was used, or has run out",
            hint="log in if you have an account; else ask for another link",
        )
    account = accounts.add_account(session, name=name, role=role, password=hashed, now=now)
    journal.enter_deed(session, now=now, account=name, action="join", subject=role)
    return accounts.issue(session, "session", account=account.id, now=now, lifetime=plane.rules.session)


def enter(plane: Plane, request: Request, secret: str, to: str = "/") -> Response:
    """Begin the session of a browser."""
    answer = RedirectResponse(to, status_code=303)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(plane.rules.session.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer
