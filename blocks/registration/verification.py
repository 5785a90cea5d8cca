"""Goes through a service's checks. After the first that fails nothing more is asked about the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from blockkit.money import to_minor
from blockkit.records import Connection, Row
from blocks.registration.applications import UNDECIDED, Change, alter, require_state
from blocks.registration.neighbours import ConsentMissing, Neighbours
from blocks.registration.policy import assess
from blocks.registration.services import Check, HouseholdCheck, IdentityCheck, RegistryCheck, Service

BIRTH_DATE = "birth_date"


@dataclass(frozen=True, slots=True)
class Found:
    """What the checks found; `reason` is '' when all passed."""

    checks: tuple[Mapping[str, str], ...]
    reason: str
    household: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Course:
    """What a check may build on: what the ones before it have read."""

    individual_id: str
    form: Mapping[str, Any]
    person: Mapping[str, Any] = field(default_factory=dict)
    household: dict[str, Any] = field(default_factory=dict)


def find_out(neighbours: Neighbours, service: Service, row: Row) -> Found:
    """Ask the other blocks. Raises Problem 409 in a state where nothing is verified, and 502."""
    require_state(row, *UNDECIDED)
    course = _Course(row["individual_id"], row["form"])
    checks: list[Mapping[str, str]] = []
    failed = ""
    for check in service.definition.checks:
        if failed:
            checks.append({"check": check.kind, "outcome": "not-possible", "reason": failed})
            continue
        failed = _run(neighbours, service, check, course)
        checks.append({"check": check.kind, "outcome": "failed" if failed else "passed", "reason": failed})
    return Found(tuple(checks), failed, course.household)


def conclude(db: Connection, service: Service, row: Row, found: Found, change: Change) -> Row:
    """Write down what was found and what follows from it by the policy."""
    results: dict[str, Any] = {"checks": Jsonb(found.checks), "household": Jsonb(found.household)}
    if found.reason:
        return alter(
            db,
            row,
            Change(change.by, change.on, found.reason),
            **results,
            state="check-failed",
            recommendation="reject",
            reason=found.reason,
            score=None,
            amount=None,
            currency="",
        )
    result = assess(service.policy, found.household)
    return alter(
        db,
        row,
        change,
        **results,
        state="verified",
        recommendation="approve" if result.eligible else "reject",
        reason="" if result.eligible else "below-threshold",
        score=result.score,
        amount=to_minor(result.amount, service.currency),
        currency=service.currency,
    )


def _run(neighbours: Neighbours, service: Service, check: Check, course: _Course) -> str:
    """Run one check; '' when it passes, else the reason."""
    try:
        match check:
            case IdentityCheck():
                return _check_identity(neighbours, check, course)
            case RegistryCheck():
                return _check_person(neighbours, check, course)
            case HouseholdCheck():
                return _check_household(neighbours, service, check, course)
    except ConsentMissing:
        return "consent-missing"


def _check_identity(neighbours: Neighbours, check: IdentityCheck, course: _Course) -> str:
    # What the form leaves out is stated as none, or leaving a name out would be a way around the check.
    claims = {claim: course.form.get(name) for claim, name in check.claims.items()}
    told = neighbours.verify_identity(course.individual_id, claims)
    if not told.known:
        return "identity-unknown"
    if told.match:
        return ""
    return "birth-date-mismatch" if set(told.mismatches) == {BIRTH_DATE} else "name-mismatch"


def _check_person(neighbours: Neighbours, check: RegistryCheck, course: _Course) -> str:
    person = neighbours.read_record(check.registry, {"individualId": course.individual_id})
    if person is None:
        return "not-in-registry"
    course.person = person
    if person.get("alive") is False:
        return "deceased"
    different = (why for name, why in check.compare.items() if person.get(name) != course.form.get(name))
    return next(different, "")


def _check_household(neighbours: Neighbours, service: Service, check: HouseholdCheck, course: _Course) -> str:
    household_id = course.person.get("householdId")
    if not isinstance(household_id, str):
        return "household-unknown"
    # The person is named too: consent is given by a person, and only a head is paid for a household.
    query = {"householdId": household_id, "individualId": course.individual_id}
    household = neighbours.read_record(check.registry, query)
    if household is None:
        return "not-household-head"
    facts = {name: household[name] for name in service.definition.facts if type(household.get(name)) is int}
    if service.policy.facts - set(facts):
        return "facts-missing"
    course.household = {"householdId": household_id, **facts}
    return ""
