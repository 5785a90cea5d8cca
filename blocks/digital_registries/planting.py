"""What an exercise may plant in the registry of individuals: a birth date, a missing person, a death."""

from __future__ import annotations

from datetime import date
from typing import Any

from blockkit.app import Plant
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.digital_registries.definitions import find_registry
from blocks.digital_registries.designs import FIRST_VERSION
from blocks.digital_registries.entries import find_the_one, no_record
from blocks.digital_registries.writes import put, remove

REGISTRY = "individuals"


def plant(db: Connection, what: Plant, today: date) -> None:
    """Change the registry's copy of a person. Raises Problem 422 or 404."""
    registry = find_registry(db, REGISTRY, FIRST_VERSION, lock=True)
    entry = find_the_one(db, registry, {registry.primary_key: what.individualId})
    if entry is None:
        raise no_record()
    if what.change == {"missing": True} and what.event is None:
        remove(db, registry, entry)
        return
    put(db, registry, entry, _planted(what, today))


def _planted(what: Plant, today: date) -> dict[str, Any]:
    if what.change is not None and set(what.change) == {"birth_date"} and what.event is None:
        return {"birthDate": _date(what.change["birth_date"])}
    event = what.event or {}
    if event.get("kind") == "death" and set(event) <= {"kind", "date"} and what.change is None:
        return {"alive": False, "deathDate": _date(event.get("date", today.isoformat()))}
    raise Problem(
        422,
        "nothing-to-plant",
        "the registries can plant birth_date, missing: true, and the event death, and nothing else",
    )


def _date(text: Any) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except (TypeError, ValueError):
        raise Problem(422, "nothing-to-plant", "a date is written as YYYY-MM-DD") from None
