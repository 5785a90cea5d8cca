"""What an exercise may plant: a birth date, a missing person, a death, a restriction of somebody's land."""

from __future__ import annotations

from datetime import date
from typing import Any

from blockkit.app import Plant
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.digital_registries.definitions import find_registry
from blocks.digital_registries.designs import FIRST_VERSION
from blocks.digital_registries.entries import find_entries, find_the_one, no_record
from blocks.digital_registries.writes import put, remove

REGISTRY, LAND = "individuals", "parcels"
LONGEST, MOST_PARCELS = 100, 1000


def plant(db: Connection, what: Plant, today: date) -> None:
    """Change the copy of a person, or what burdens the land they own. Raises Problem 422 or 404."""
    if what.change is not None and set(what.change) == {"restriction"} and what.event is None:
        _restrict(db, what.individualId, what.change["restriction"])
        return
    registry = find_registry(db, REGISTRY, FIRST_VERSION, lock=True)
    entry = find_the_one(db, registry, {registry.primary_key: what.individualId})
    if entry is None:
        raise no_record()
    if what.change == {"missing": True} and what.event is None:
        remove(db, registry, entry)
        return
    put(db, registry, entry, _planted(what, today))


def _restrict(db: Connection, owner: str, restriction: Any) -> None:
    """Burden every parcel of an owner."""
    if not isinstance(restriction, str) or not 0 < len(restriction) <= LONGEST:
        raise Problem(422, "nothing-to-plant", f"a restriction is a text of at most {LONGEST} characters")
    parcels = find_registry(db, LAND, FIRST_VERSION, lock=True)
    owned = find_entries(db, parcels, {"ownerId": owner}, most=MOST_PARCELS)
    if not owned:
        raise no_record()
    for entry in owned:
        put(db, parcels, entry, {"restriction": restriction})


def _planted(what: Plant, today: date) -> dict[str, Any]:
    if what.change is not None and set(what.change) == {"birth_date"} and what.event is None:
        return {"birthDate": _date(what.change["birth_date"])}
    event = what.event or {}
    if event.get("kind") == "death" and set(event) <= {"kind", "date"} and what.change is None:
        return {"alive": False, "deathDate": _date(event.get("date", today.isoformat()))}
    raise Problem(
        422,
        "nothing-to-plant",
        "the registries can plant birth_date, missing: true, restriction and the event death, nothing else",
    )


def _date(text: Any) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except (TypeError, ValueError):
        raise Problem(422, "nothing-to-plant", "a date is written as YYYY-MM-DD") from None
