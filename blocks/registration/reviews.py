"""What others than the officer find: opinions and visits before the decision, inspections after it.

The newest finding counts. What was found about a form is void once the applicant hands in another one.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.registration.applications import UNDECIDED, Change, require_state
from blocks.registration.definitions import Review
from blocks.registration.services import Service

PASSED, FAILED = "passed", "failed"
FARTHEST_DAYS = 365


def find_review(service: Service, review_id: str) -> Review:
    """Find what a service has reviewed or inspected under this id. Raises Problem 404."""
    definition = service.definition
    for each in (*definition.reviews, *definition.inspections):
        if each.id == review_id:
            return each
    raise Problem(404, "no-such-review", "the service has no review or inspection of this id")


def book(db: Connection, service: Service, row: Row, review: Review, not_before: date, today: date) -> Row:
    """Agree on the first day with room for a visit; once agreed, it stays. Raises Problem 409."""
    if review.per_day is None:
        raise Problem(409, "no-slots", "no day has to be agreed for this review")
    require_state(row, *UNDECIDED)
    before = find(db, row, review)
    if before is not None and before["visit_on"] is not None:
        return before
    # Whoever books for the same service waits here, or two would take the last place of a day.
    db.execute("SELECT FROM services WHERE slug = %s FOR UPDATE", [service.slug])
    first = max(not_before, today)
    taken = {
        each["visit_on"]
        for each in db.execute(
            "SELECT visit_on FROM reviews WHERE service = %s AND review = %s AND visit_on >= %s"
            " GROUP BY visit_on HAVING count(*) >= %s",
            [service.slug, review.id, first, review.per_day],
        )
    }
    days = (first + timedelta(days=ahead) for ahead in range(FARTHEST_DAYS))
    free = next((day for day in days if day not in taken), None)
    if free is None:
        raise Problem(409, "no-slots", "there is no room for a visit within a year")
    db.execute(
        "INSERT INTO reviews (application, service, review, visit_on) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (application, review) DO UPDATE SET visit_on = excluded.visit_on",
        [row["number"], service.slug, review.id, free],
    )
    return _found(db, row, review)


def record(
    db: Connection, service: Service, row: Row, review: Review, outcome: str, note: str, change: Change
) -> Row:
    """Note what was found. Raises Problem 409 at the wrong time."""
    if review in service.definition.inspections:
        require_state(row, "approved")
        _require_turn(db, service, row, review)
    else:
        require_state(row, *UNDECIDED)
    if review.per_day is not None:
        booked = find(db, row, review)
        if booked is None or booked["visit_on"] is None:
            raise Problem(409, "no-visit-agreed", "first a day for the visit has to be agreed")
        if booked["visit_on"] > change.on:
            raise Problem(409, "visit-not-yet", f"the visit is on {booked['visit_on'].isoformat()}")
    db.execute(
        "INSERT INTO reviews (application, service, review, outcome, note, given_by, given_on)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (application, review) DO UPDATE SET outcome = excluded.outcome, note = excluded.note,"
        " given_by = excluded.given_by, given_on = excluded.given_on",
        [row["number"], service.slug, review.id, outcome, note, change.by, change.on],
    )
    return _found(db, row, review)


def require_favourable(db: Connection, service: Service, row: Row) -> None:
    """Raises Problem 409 while an opinion that the service wants is missing or stands against it."""
    for review in service.definition.reviews:
        outcome = _outcome(db, row, review)
        if not outcome:
            raise Problem(409, "review-missing", f"still wanted: {review.name}", missing=review.id)
        if outcome == FAILED:
            raise Problem(409, "review-unfavourable", f"it stands against an approval: {review.name}")


def all_inspected(db: Connection, service: Service, row: Row) -> bool:
    """Whether every inspection was passed; never where there are none."""
    wanted = service.definition.inspections
    return bool(wanted) and all(_outcome(db, row, each) == PASSED for each in wanted)


def list_reviews(db: Connection, service: Service, row: Row) -> list[dict[str, Any]]:
    """Tell what has to be reviewed and inspected, and what was found."""
    definition = service.definition
    return [
        describe(each, find(db, row, each), when_of(service, each))
        for each in (*definition.reviews, *definition.inspections)
    ]


def when_of(service: Service, review: Review) -> str:
    """Say when it has its turn."""
    return "after-decision" if review in service.definition.inspections else "before-decision"


def find(db: Connection, row: Row, review: Review) -> Row | None:
    """Find what stands about a review, if anything does."""
    return db.execute(
        "SELECT * FROM reviews WHERE application = %s AND review = %s", [row["number"], review.id]
    ).fetchone()


def _found(db: Connection, row: Row, review: Review) -> Row:
    found = find(db, row, review)
    assert found is not None
    return found


def _outcome(db: Connection, row: Row, review: Review) -> str:
    found = find(db, row, review)
    return "" if found is None else str(found["outcome"])


def _require_turn(db: Connection, service: Service, row: Row, review: Review) -> None:
    """Raises Problem 409 when an inspection that comes first was not passed."""
    for each in service.definition.inspections:
        if each == review:
            return
        if _outcome(db, row, each) != PASSED:
            raise Problem(409, "inspection-before", f"this comes first: {each.name}")


def describe(review: Review, found: Row | None, when: str) -> dict[str, Any]:
    """Tell one; '' for what is not there yet."""
    return {
        "id": review.id,
        "name": review.name,
        "role": review.role,
        "when": when,
        "visitOn": found["visit_on"].isoformat() if found and found["visit_on"] else "",
        "outcome": found["outcome"] if found else "",
        "note": found["note"] if found else "",
        "givenBy": found["given_by"] if found else "",
        "givenOn": found["given_on"].isoformat() if found and found["given_on"] else "",
    }
