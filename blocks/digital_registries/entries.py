"""Records of a registry, found by what they contain.

No name or value of a caller ever becomes part of a statement's text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from jsonschema import Draft202012Validator

from blockkit.problems import Problem
from blockkit.records import Connection, Records
from blocks.digital_registries.definitions import Registry
from blocks.digital_registries.lookups import narrow

Content = Mapping[str, Any]
TYPES = Draft202012Validator.TYPE_CHECKER


@dataclass(frozen=True, slots=True)
class Entry:
    """One record and its id."""

    record_id: str
    content: dict[str, Any]


@contextmanager
def transaction(records: Records) -> Iterator[Connection]:
    """Open a transaction in which a value that PostgreSQL can't hold is the caller's fault: Problem 400."""
    try:
        with records.transaction() as db:
            yield db
    except (psycopg.DataError, UnicodeEncodeError):
        raise Problem(400, "value-refused", "a value holds what can't be stored or searched for") from None
    except psycopg.errors.QueryCanceled:
        raise Problem(400, "search-too-long", "this expression takes too long to be searched for") from None


def check_fields(registry: Registry, names: Mapping[str, Any]) -> None:
    """Refuse fields that the registry does not have. Raises Problem 400."""
    if unknown := sorted(set(names) - set(registry.fields)):
        raise Problem(
            400, "unknown-field", "the registry does not have every field of this query", fields=unknown[:20]
        )


def as_query(registry: Registry, content: Content) -> dict[str, Any]:
    """Give a query in the registry's spelling. Raises Problem 400 for a value that its field can't have."""
    query = registry.spell_all(content)
    for name, value in query.items():
        wanted = registry.fields.get(name, {}).get("type", ())
        types = {wanted} if isinstance(wanted, str) else set(wanted)
        if types and "array" not in types and not any(TYPES.is_type(value, each) for each in types):
            told = ", ".join(sorted(types))
            raise Problem(400, "value-refused", f"{name} wants a value of type {told}")
    return query


def find_entries(db: Connection, registry: Registry, query: Content, *, most: int = 1) -> list[Entry]:
    """Find records that contain all of the query, by id. Raises Problem 400 for an empty or unknown field."""
    check_fields(registry, query)
    if not query:
        raise Problem(400, "query-empty", "say at least one field of the record that is meant")
    chosen, parameters = narrow(registry, query)
    rows = db.execute(
        "SELECT record_id, content" + chosen + " ORDER BY record_id LIMIT %(most)s",
        {**parameters, "most": most},
    ).fetchall()
    return [Entry(**row) for row in rows]


def find_entry(db: Connection, registry: Registry, query: Content) -> Entry:
    """Find one record. Raises Problem 404."""
    found = find_entries(db, registry, query)
    if not found:
        raise no_record()
    return found[0]


def find_the_one(db: Connection, registry: Registry, query: Content) -> Entry | None:
    """Find the record to write to, if there is one. Raises Problem 409 when the query fits several."""
    found = find_entries(db, registry, query, most=2)
    if len(found) > 1:
        raise Problem(409, "several-records", "the query fits several records: say which one is meant")
    return found[0] if found else None


def find_named(db: Connection, registry: Registry, name: str) -> Entry | None:
    """Find the record that an address names: by its primary key, or by its `id` where that is another field.

    Raises Problem 409 when several have that `id`.
    """
    for field in dict.fromkeys((registry.primary_key, registry.spell("id"))):
        if field in registry.fields and (entry := find_the_one(db, registry, {field: name})):
            return entry
    return None


def no_record() -> Problem:
    """Say that nothing was found, in the words of the published contract."""
    return Problem(404, "no-record-found", "no record found")
