"""What an exercise may plant in the registry of individuals: a birth date, a missing person, a death."""

from __future__ import annotations

from datetime import date
from typing import Any

from blockkit.app import Plant
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.digital_registries.definitions import FIRST_VERSION, find_registry
from blocks.digital_registries.entries import change, delete, find_by_id

REGISTRY = "individuals"


def plant(db: Connection, what: Plant, today: date) -> None:
    """Change the registry's copy of a person. Raises Problem 422 or 404."""
    registry = find_registry(db, REGISTRY, FIRST_VERSION, lock=True)
    entry = find_by_id(db, registry, what.individualId)
    if what.change == {"missing": True} and what.event is None:
        delete(db, registry, entry.record_id)
        return
    change(db, registry, entry, _planted(what, today))


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
