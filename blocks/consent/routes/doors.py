"""Who may open which operations, beyond the right at the information mediator that every call has.

Configuration, people's entries and audit are an officer's work, done with an officer's token. What an
application asks by itself needs no token; one that is shown must be good. A person's own records: `acting`
in wire.py.
"""

from __future__ import annotations

from typing import Any

from fastapi import Depends

from blockkit.access import Caller
from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.consent.routes.wire import Authorization

CONFIGURES = ("registrar", "data-protection-officer")
AUDITS = ("auditor", *CONFIGURES)
ENTERS = ("enrolment-officer", *CONFIGURES)


def officers(kit: Kit, roles: tuple[str, ...]) -> Any:
    """Want the token of somebody with one of these roles, before anything else is looked at."""

    def check(authorization: Authorization = None) -> None:
        kit.access.require(authorization, *roles)

    return Depends(check)


def applications(kit: Kit) -> Any:
    """Let applications ask by themselves; a token that is shown must be good."""

    def check(authorization: Authorization = None) -> None:
        if authorization:
            kit.access.caller(authorization)

    return Depends(check)


def anybody(kit: Kit) -> Any:
    """Want a good token, whoever's."""

    def check(authorization: Authorization = None) -> None:
        kit.access.caller(authorization)

    return Depends(check)


def enters(kit: Kit, authorization: str | None, individual_id: str) -> Caller:
    """Let people enter and read themselves, and officers everybody. Raises Problem 401 or 403."""
    caller = kit.access.caller(authorization)
    if not caller.is_person(individual_id) and not caller.may_act_as(*ENTERS):
        raise Problem(403, "not-your-own", "people read and enter themselves; for others an officer does")
    return caller
