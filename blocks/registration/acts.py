"""What officials do about an application: verify, decide, take the fee; never on their own.

The same acts serve the operations, the completion of a task and the pages. Another block is never
asked inside a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from blockkit.access import Caller
from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration import applications, decisions, levies, reviews, tasks, validity, verification
from blocks.registration.applications import Change, find
from blocks.registration.levies import Order
from blocks.registration.neighbours import Neighbours
from blocks.registration.people import require_another, require_own, require_role
from blocks.registration.services import Service, find_service

DECISIONS = ("approve", "reject", "correction")


@dataclass(frozen=True, slots=True)
class Office:
    """What acts need: the block's parts, and its neighbours."""

    kit: Kit
    neighbours: Neighbours

    @classmethod
    def of(cls, kit: Kit) -> Office:
        """Open it."""
        return cls(kit, Neighbours(kit.peers))


def verify(office: Office, caller: Caller, application_id: str) -> Row:
    """Have an application checked, and write down what follows."""
    with office.kit.records.transaction() as db:
        row, service = _read(db, application_id, caller)
        change = Change.now(office.kit.clock, caller.individual_id)
        missing = applications.missing_documents(db, row, service, change.on)
    found = verification.find_out(office.neighbours, service, row, missing, change.on)
    with office.kit.records.transaction() as db:
        return verification.conclude(db, service, row, found, change)


def decide(office: Office, caller: Caller, application_id: str, decision: str, reason: str) -> Row:
    """Approve, reject or send back. Raises Problem 400 for a refusal without a reason."""
    if decision not in DECISIONS:
        raise Problem(400, "invalid-request", f"decision is one of {', '.join(DECISIONS)}")
    if (decision == "approve") == bool(reason):
        raise Problem(
            400, "invalid-request", "whoever is not approved is told the reason; an approval has none"
        )
    change = Change.now(office.kit.clock, caller.individual_id, reason)
    with office.kit.records.transaction() as db:
        row, service = _read(db, application_id, caller, lock=True)
        if decision == "reject":
            return decisions.reject(db, row, change)
        if decision == "correction":
            return decisions.send_back(db, row, change)
        row = decisions.begin_approval(db, service, row, change)
    if row["state"] == "approving":
        row = decisions.complete_approval(office.kit.records, office.neighbours, service, row, change)
    return row


def book_visit(
    office: Office, caller: Caller, application_id: str, review_id: str, not_before: date | None
) -> dict[str, Any]:
    """Agree on a day for a visit, as the applicant or as the one who visits."""
    today = office.kit.clock.today()
    with office.kit.records.transaction() as db:
        row = find(db, application_id, lock=True)
        service = find_service(db, row["service"])
        review = reviews.find_review(service, review_id)
        if not caller.may_act_as(review.role):
            require_own(caller, row["individual_id"])
        booked = reviews.book(db, service, row, review, not_before or today, today)
        return reviews.describe(review, booked, reviews.when_of(service, review))


def record_review(
    office: Office, caller: Caller, application_id: str, review_id: str, outcome: str, note: str
) -> dict[str, Any]:
    """Note an opinion or an inspection; when the last one is passed, what was approved is completed."""
    change = Change.now(office.kit.clock, caller.individual_id)
    with office.kit.records.transaction() as db:
        row = find(db, application_id, lock=True)
        service = find_service(db, row["service"])
        review = reviews.find_review(service, review_id)
        require_role(caller, review.role)
        require_another(caller, row["individual_id"])
        found = reviews.record(db, service, row, review, outcome, note, change)
        done = row["completed_on"] is None and reviews.all_inspected(db, service, row)
    if done:
        validity.complete(office.neighbours, service, row)
        with office.kit.records.transaction() as db:
            validity.mark_completed(db, row, change.on)
    return reviews.describe(review, found, reviews.when_of(service, review))


def assess_fees(office: Office, caller: Caller, slug: str, order: Order) -> dict[str, Any]:
    """Set a period's fees, and have the register show them; after a failure, doing it again goes on."""
    with office.kit.records.transaction() as db:
        levy = levies.require_levy(find_service(db, slug))
    require_role(caller, levy.role)
    collected = levies.add_up(office.neighbours, levy, order.period)
    change = Change.now(office.kit.clock, caller.individual_id)
    with office.kit.records.transaction() as db:
        told, owing = levies.assess(db, find_service(db, slug), order, collected, change)
    for row in owing:
        levies.enter(office.neighbours, levy, row, levies.status_of(row, change.on))
    return told


def remind_whoever_is_late(office: Office) -> None:
    """Remind everybody once whose assessed fee has not arrived in time; called when the clock has moved."""
    today = office.kit.clock.today()
    while True:
        with office.kit.records.transaction() as db:
            late = levies.find_late(db, today)
        for row, service in late:
            levies.remind(office.neighbours, service, row)
            with office.kit.records.transaction() as db:
                levies.mark_reminded(db, row, today)
        if not late:
            return


def end_what_is_over(office: Office) -> None:
    """Have every approval expire whose days are over; called when the clock has moved."""
    today = office.kit.clock.today()
    while True:
        with office.kit.records.transaction() as db:
            over = validity.find_over(db, today)
        for row, service in over:
            validity.expire(office.neighbours, service, row, today)
            with office.kit.records.transaction() as db:
                validity.mark_lapsed(db, row)
        if not over:
            return


def take_fee(office: Office, caller: Caller, application_id: str, receipt: str) -> Row:
    """Note the receipt of a fee that was paid."""
    with office.kit.records.transaction() as db:
        row = find(db, application_id, lock=True)
        require_role(caller, find_service(db, row["service"]).roles.cashier)
        require_another(caller, row["individual_id"])
        if not receipt:
            raise Problem(400, "invalid-request", "a fee is noted with the number of its receipt")
        return applications.record_fee(db, row, receipt, Change.now(office.kit.clock, caller.individual_id))


def complete_task(office: Office, caller: Caller, task_id: str, data: Mapping[str, Any]) -> Row:
    """Do what a task is about and keep what was entered; the same again gives the same answer."""
    kit = office.kit
    with kit.records.transaction() as db:
        task = tasks.find(db, task_id)
        require_task(caller, task)
    if task["done_on"] is not None:
        if task["variables"] not in ({}, data):
            raise Problem(409, "task-done", "the task was completed already, with something else")
        return task
    match task["act"]:
        case "verify":
            verify(office, caller, task["file"])
        case "decide" | "complete":
            decision = "approve" if task["act"] == "complete" else _text(data, "decision")
            decide(office, caller, task["file"], decision, _text(data, "reason"))
        case "take-fee":
            take_fee(office, caller, task["file"], _text(data, "receipt"))
        case "correct":
            _correct(kit, caller, task["file"], data)
    with kit.records.transaction() as db:
        tasks.keep_variables(db, task, data, caller.individual_id, kit.clock.now())
        return tasks.find(db, task_id)


def require_task(caller: Caller, task: Row) -> None:
    """Raises Problem 403 for a person whom a task isn't for."""
    if task["role"] == tasks.APPLICANT:
        require_own(caller, task["individual_id"])
    else:
        require_role(caller, task["role"])


def _correct(kit: Kit, caller: Caller, application_id: str, data: Mapping[str, Any]) -> None:
    form = data.get("form")
    change = Change.now(kit.clock, caller.individual_id)
    with kit.records.transaction() as db:
        row = find(db, application_id, lock=True)
        service = find_service(db, row["service"])
        if isinstance(form, dict):
            row = applications.replace_form(db, row, service, form, change)
        applications.submit(db, row, service, change)


def _read(db: Connection, application_id: str, caller: Caller, *, lock: bool = False) -> tuple[Row, Service]:
    row = find(db, application_id, lock=lock)
    service = find_service(db, row["service"])
    require_role(caller, service.roles.officer)
    require_another(caller, row["individual_id"])
    return row, service


def _text(data: Mapping[str, Any], name: str) -> str:
    """Read a word of a task's data, written plainly or, as the contract has it, as an object with a value."""
    value = data.get(name, "")
    if isinstance(value, dict):
        value = value.get("value", "")
    if not isinstance(value, str) or len(value) > 400 or not value.isprintable():
        raise Problem(400, "invalid-request", f"data.{name} is not a short text")
    return value.strip()
