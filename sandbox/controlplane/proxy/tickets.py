"""From the console to the pages of one sandbox: a ticket for one minute and one use, then a cookie.

What the cookie is worth ends with the log-in that it came from, and whose the sandbox is is asked each time.
"""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request

from sandbox.controlplane.access import Caller, NotAllowed, NotKnown, Role
from sandbox.controlplane.plane import Plane
from sandbox.controlplane.proxy.cookies import PAGES
from sandbox.controlplane.proxy.crossing import TOKEN
from sandbox.controlplane.proxy.place import Place
from sandbox.store import accounts, wishes
from sandbox.store.schema import Account, SandboxRow

TICKET = timedelta(minutes=1)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def make_ticket(plane: Plane, caller: Caller, sandbox: SandboxRow) -> str:
    """Give a ticket for the pages of a sandbox that the caller sees."""
    with plane.store.session() as session:
        return accounts.issue(
            session,
            "ticket",
            account=caller.id,
            label=f"{sandbox.id} {accounts.mark_of(caller.secret)}",
            now=plane.now(),
            lifetime=TICKET,
        )


def use_ticket(plane: Plane, ticket: str, name: str) -> str:
    """Take a ticket and give the cookie's value. Raises NotKnown, NotFound."""
    now = plane.now()
    with plane.store.session() as session:
        found = accounts.take_ticket(session, ticket, now)
        if found is None:
            raise NotKnown("this link was used, or has run out", hint="open the page from the console again")
        account, label = found
        _check(plane, account, label, name)
        return accounts.issue(
            session, "pages", account=account.id, label=label, now=now, lifetime=plane.rules.session
        )


def may_enter(plane: Plane, request: Request, place: Place, proxied: str) -> SandboxRow:
    """Give the sandbox that a request leads to. Raises NotKnown, NotAllowed, NotFound."""
    token = request.headers.get(TOKEN)
    if token is not None:
        with plane.store.session() as session:
            account = accounts.recognise(session, "token", token, plane.now())
            if account is None:
                raise NotKnown("this token is not known, or has run out")
            row = wishes.find_sandbox(session, place.sandbox, _sees(account))
        if _sees(account) not in (None, row.owner) and not place.is_of_a_block:
            raise NotAllowed(
                f"the controls of sandbox {row.name!r} are your trainer's, and others may sit in it too"
            )
        return row
    if not place.block:
        raise NotKnown(
            "an API is called with a token", hint=f"`POST /api/v1/tokens` gives one; send it as {TOKEN}"
        )
    secret = request.cookies.get(PAGES, "")
    with plane.store.session() as session:
        found = accounts.recognise_with_label(session, "pages", secret, plane.now()) if secret else None
    if found is None:
        raise NotKnown("this page is open to whoever comes from the console", hint="open it from there")
    if request.method not in _SAFE and not _from_own_page(request, place, proxied):
        raise NotAllowed("this form does not come from a page of this sandbox")
    return _check(plane, *found, place.sandbox)


def _check(plane: Plane, account: Account, label: str, name: str) -> SandboxRow:
    sandbox, _, origin = label.partition(" ")
    with plane.store.session() as session:
        row = wishes.find_sandbox(session, name, _sees(account))
        if row.id != sandbox or not accounts.is_live(session, origin, plane.now()):
            raise NotKnown("what opened this page has ended", hint="open it from the console again")
        return row


def _sees(account: Account) -> str | None:
    return None if account.role == Role.ADMIN else account.id


def _from_own_page(request: Request, place: Place, proxied: str) -> bool:
    """Whether a form is of this sandbox's own pages: all sandboxes share an origin, so the path counts."""
    return request.headers.get("referer", "").startswith(f"{proxied}{place.root}/")
