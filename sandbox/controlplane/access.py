"""Who asks, and whether they may. The one place that decides; every route depends on it.

A browser shows a cookie, a program a token. A request that changes something and shows a cookie
must come from one of our own pages: the browser says so itself (`Sec-Fetch-Site`, `Origin`), and
the page's form carries a word that follows from the session.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request

from sandbox.controlplane.plane import Plane
from sandbox.errors import RequestRefused
from sandbox.store import accounts, journal, workshops

COOKIE = "sandbox_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Role(StrEnum):
    """What somebody is here for."""

    ADMIN = "admin"
    TRAINER = "trainer"
    PILOT = "pilot"
    PARTICIPANT = "participant"


class NotKnown(RequestRefused):
    """Nobody we know asks."""

    reason = "not-logged-in"
    status = 401


class NotAllowed(RequestRefused):
    """We know who asks, and they may not."""

    reason = "not-allowed"
    status = 403


class TooManyFailures(RequestRefused):
    """Somebody tries passwords, codes or PINs out."""

    reason = "too-many-log-ins"
    status = 429
    headers = {"retry-after": "300"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. `secret` is what they showed; `csrf` goes into the forms of their pages."""

    id: str
    name: str
    role: Role
    secret: str
    by_cookie: bool

    @property
    def sees(self) -> str | None:
        """Whose things they see: their own, or everybody's (None)."""
        return None if self.role is Role.ADMIN else self.id

    @property
    def csrf(self) -> str:
        """The word that a form of this session carries."""
        return hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()


def ask(request: Request) -> Caller:
    """Find out who asks. Raises NotKnown, NotAllowed."""
    caller = _recognise(plane_of(request), request)
    if caller is None:
        raise NotKnown("log in first", hint="a browser at /login, a program with a token: SANDBOX_TOKEN")
    if caller.by_cookie and request.method not in _SAFE and not is_own_page(request):
        raise NotAllowed("this request does not come from a page of this server")
    return caller


AskedBy = Annotated[Caller, Depends(ask)]
"""Anybody who is logged in."""


def ask_admin(caller: AskedBy) -> Caller:
    """Find out who asks, and refuse all but admins. Raises NotKnown, NotAllowed."""
    if caller.role is not Role.ADMIN:
        raise NotAllowed(f"a {caller.role} may not do this")
    return caller


Admin = Annotated[Caller, Depends(ask_admin)]
"""Whoever administers this installation."""


def ask_builder(caller: AskedBy) -> Caller:
    """Find out who asks, and refuse participants, who work in what a trainer gave them."""
    if caller.role is Role.PARTICIPANT:
        raise NotAllowed("a participant may not do this", hint="ask your trainer")
    return caller


Builder = Annotated[Caller, Depends(ask_builder)]
"""Whoever may start sandboxes and runs of their own."""


def ask_trainer(caller: AskedBy) -> Caller:
    """Find out who asks, and refuse all who hold no workshops. Raises NotKnown, NotAllowed."""
    if caller.role not in (Role.TRAINER, Role.ADMIN):
        raise NotAllowed(f"a {caller.role} may not do this", hint="it takes the role of a trainer")
    return caller


Trainer = Annotated[Caller, Depends(ask_trainer)]
"""Whoever may hold workshops."""


def address_of(request: Request) -> str:
    """Say where a request comes from."""
    return request.client.host if request.client else ""


def require_few_failures(plane: Plane, action: str, account: str, address: str, told: str) -> None:
    """Refuse whoever failed too often under a name, or from an address. Raises TooManyFailures."""
    rules = plane.rules
    since = plane.now() - rules.login_window
    with plane.store.session() as session:
        of_name = journal.count_deeds(session, action, since, account=account)
        from_there = journal.count_deeds(session, action, since, address=address)
    if of_name >= rules.login_failures or from_there >= rules.login_failures_from:
        raise TooManyFailures(told, hint="wait five minutes")


def plane_of(request: Request) -> Plane:
    """Give the tools of the application that this request came to."""
    plane: Plane = request.app.state.plane
    return plane


def is_own_page(request: Request) -> bool:
    """Whether a browser says that the request comes from one of our pages; what says nothing is refused."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and origin == f"{request.url.scheme}://{request.headers.get('host', '')}"


def require_form_word(caller: Caller, word: str) -> None:
    """Refuse a form that no page of this session made. Raises NotAllowed."""
    if not hmac.compare_digest(word.encode(), caller.csrf.encode()):
        raise NotAllowed("this form is from another session", hint="load the page again")


def _recognise(plane: Plane, request: Request) -> Caller | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    by_cookie = scheme.lower() != "bearer"
    secret = request.cookies.get(COOKIE, "") if by_cookie else token
    if not secret:
        return None
    with plane.store.session() as session:
        account = accounts.recognise(session, "session" if by_cookie else "token", secret, plane.now())
        if account is None:
            return None
        if account.role == Role.PARTICIPANT:
            workshops.see(session, account.id, plane.now())
        return Caller(
            id=account.id, name=account.name, role=Role(account.role), secret=secret, by_cookie=by_cookie
        )
