"""Who may do what: roles, one's own application, and three people where three are wanted."""

from __future__ import annotations

from blockkit.access import Caller
from blockkit.problems import Problem
from blockkit.records import Row
from blocks.registration.services import Service


def require_role(caller: Caller, role: str | None) -> None:
    """Raises Problem 403 for a person without the role; nobody holds one that a service doesn't have."""
    require_one_of(caller, role)


def require_one_of(caller: Caller, *roles: str | None) -> None:
    """Raises Problem 403 for a person without any of the roles."""
    named = [role for role in roles if role is not None]
    if not caller.anyone and not caller.may_act_as(*named):
        raise Problem(403, "role-missing", f"this is done by a person with the role {' or '.join(named)}")


def require_own(caller: Caller, individual_id: str) -> None:
    """Raises Problem 403 for anybody but the applicant."""
    if not caller.is_person(individual_id):
        raise Problem(403, "not-your-own", "only the applicant does this, with their own access token")


def require_reader(caller: Caller, row: Row, service: Service) -> None:
    """Raises Problem 403 for anybody but the applicant and the officials of the service."""
    officials = [role for role in (service.roles.officer, service.roles.cashier) if role is not None]
    if not caller.may_act_as(*officials):
        require_own(caller, row["individual_id"])


def require_another(caller: Caller, *people: str) -> None:
    """Raises Problem 403 for one of these people, whatever their roles."""
    if not caller.anyone and caller.individual_id in people:
        raise Problem(403, "same-person", "another person has to do this than those who came before")
