"""Who may do what: roles, one's own application, and three people where three are wanted."""

from __future__ import annotations

from blockkit.access import Caller
from blockkit.problems import Problem


def require_role(caller: Caller, role: str) -> None:
    """Raises Problem 403 for a person without the role."""
    if not caller.may_act_as(role):
        raise Problem(403, "role-missing", f"this is done by a person with the role {role}")


def require_own(caller: Caller, individual_id: str) -> None:
    """Raises Problem 403 for anybody but the applicant."""
    if not caller.is_person(individual_id):
        raise Problem(403, "not-your-own", "only the applicant does this, with their own access token")


def require_another(caller: Caller, *people: str) -> None:
    """Raises Problem 403 for one of these people, whatever their roles."""
    if not caller.anyone and caller.individual_id in people:
        raise Problem(403, "same-person", "another person has to do this than those who came before")
