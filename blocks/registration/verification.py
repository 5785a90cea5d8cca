"""Goes through a service's checks. After the first that fails nothing more is asked about the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from blockkit.money import to_minor
from blockkit.records import Connection, Row
from blocks.registration.applications import UNDECIDED, Change, alter, identify, require_state
from blocks.registration.checks import (
    OFFICIAL,
    AgeCheck,
    Check,
    ChecklistCheck,
    HouseholdCheck,
    IdentityCheck,
    RecordCheck,
    RegistryCheck,
    UniqueCheck,
)
from blocks.registration.neighbours import ConsentMissing, Neighbours
from blocks.registration.policy import assess
from blocks.registration.services import Service
from blocks.registration.sources import fill, read_source

MISMATCHES = {
    frozenset(["birth_date"]): "birth-date-mismatch",
    frozenset(["functional_id"]): "payee-mismatch",
}
"""The reason when nothing but this differs; else it is the name."""


DOCUMENTS_MISSING = "documents-missing"
"""The one reason that is no ground to refuse: the applicant is asked for them."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the checks found; `reason` is '' when all passed."""

    checks: tuple[Mapping[str, str], ...]
    reason: str
    household: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Course:
    """What a check may build on: what the ones before it have read."""

    row: Row
    today: date
    missing_documents: tuple[str, ...] = ()
    person: Mapping[str, Any] = field(default_factory=dict)
    household: dict[str, Any] = field(default_factory=dict)

    @property
    def individual_id(self) -> str:
        """The applicant's id."""
        return str(self.row["individual_id"])

    @property
    def form(self) -> Mapping[str, Any]:
        """What the applicant stated."""
        form: Mapping[str, Any] = self.row["form"]
        return form

    def person_of(self, check: IdentityCheck | RegistryCheck) -> str:
        """Whom a check is about; '' when the form leaves it out."""
        return str(read_source(check.person, self.row, identify(self.row), self.today) or "")


def find_out(
    neighbours: Neighbours, service: Service, row: Row, missing: Sequence[str], today: date
) -> Found:
    """Ask the other blocks. Raises Problem 409 in a state where nothing is verified, and 502."""
    require_state(row, *UNDECIDED)
    course = _Course(row, today, tuple(missing))
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
            Change(change.by, change.at, found.reason),
            **results,
            state="check-failed",
            recommendation="correction" if found.reason == DOCUMENTS_MISSING else "reject",
            reason=found.reason,
            score=None,
            amount=None,
            currency="",
        )
    if service.policy is None:
        return alter(
            db,
            row,
            change,
            **results,
            state="verified",
            recommendation="approve",
            reason="",
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
            case UniqueCheck():
                return _check_unique(neighbours, check, course)
            case RecordCheck():
                return _check_record(neighbours, check, course)
            case ChecklistCheck():
                return DOCUMENTS_MISSING if course.missing_documents else ""
            case AgeCheck():
                return _check_age(check, course)
    except ConsentMissing:
        return "consent-missing"


def _check_identity(neighbours: Neighbours, check: IdentityCheck, course: _Course) -> str:
    # What the form leaves out is stated as none, or leaving a name out would be a way around the check.
    claims = {claim: course.form.get(name) for claim, name in check.claims.items()}
    person = course.person_of(check)
    if check.optional and not person:
        return ""
    told = neighbours.verify_identity(person, claims)
    if not told.known:
        return check.unknown
    if told.match:
        return ""
    return MISMATCHES.get(frozenset(told.mismatches), "name-mismatch")


def _check_person(neighbours: Neighbours, check: RegistryCheck, course: _Course) -> str:
    person = neighbours.read_record(check.registry, {"individualId": course.person_of(check)})
    if person is None:
        return "not-in-registry"
    if check.person == OFFICIAL:
        course.person = person
    if person.get("alive") is False:
        return "deceased"
    different = (why for name, why in check.compare.items() if person.get(name) != course.form.get(name))
    return next(different, "")


def _check_unique(neighbours: Neighbours, check: UniqueCheck, course: _Course) -> str:
    query = fill(check.by, course.row, identify(course.row), course.today)
    return "registered-already" if neighbours.exists(check.registry, query) else ""


def _check_record(neighbours: Neighbours, check: RecordCheck, course: _Course) -> str:
    number = identify(course.row)
    record = neighbours.read_record(check.registry, fill(check.find, course.row, number, course.today))
    if record is None:
        return check.missing
    for name, wanted in check.equal.items():
        if record.get(name) != read_source(wanted.to, course.row, number, course.today):
            return wanted.reason
    return next((reason for name, reason in check.absent.items() if record.get(name)), "")


def _check_age(check: AgeCheck, course: _Course) -> str:
    if check.born == "person":
        born = course.person.get("birthDate")
    else:
        born = read_source(check.born, course.row, identify(course.row), course.today)
    try:
        return "" if check.fits(date.fromisoformat(str(born)), course.today) else check.reason
    except ValueError:
        return check.reason  # a register without the date can't show that the age is right


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
    if service.policy is not None and service.policy.facts - set(facts):
        return "facts-missing"
    course.household = {"householdId": household_id, **facts}
    return ""
