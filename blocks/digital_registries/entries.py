"""Records of a registry: found by what they contain, written under the registry's lock.

No name or value of a caller ever becomes part of a statement's text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from blockkit.problems import Problem
from blockkit.records import Connection, Records
from blocks.digital_registries.definitions import Registry, next_id
from blocks.digital_registries.lookups import narrow
from blocks.digital_registries.schemas import check_record

Content = Mapping[str, Any]
MOST_CHANGES = 1000


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


def check_fields(registry: Registry, names: Mapping[str, Any]) -> None:
    """Refuse fields that the registry does not have. Raises Problem 400."""
    if unknown := sorted(set(names) - set(registry.fields)):
        raise Problem(
            400, "unknown-field", "the registry does not have every field of this query", fields=unknown[:20]
        )


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


def find_by_id(db: Connection, registry: Registry, record_id: str) -> Entry:
    """Find the record of this id. Raises Problem 404."""
    return find_entry(db, registry, {registry.primary_key: record_id})


def create(db: Connection, registry: Registry, content: Content) -> Entry:
    """Add a record; the very same again gives the first answer.

    Raises Problem 400 when it doesn't fit the schema, 409 when its id or a unique key is taken.
    """
    if registry.primary_key in content:
        before = find_entries(db, registry, {registry.primary_key: content[registry.primary_key]})
        if before and before[0].content == content:
            return before[0]
    elif registry.fields[registry.primary_key].get("readOnly") is True:
        repeated = _twin(db, registry, content)
        if repeated is not None:
            return repeated
        content = {**content, registry.primary_key: next_id(db, registry)}
    check_record(registry.schema, content)
    if registry.primary_key not in content:
        raise Problem(400, "schema-violation", f"a record needs its {registry.primary_key}")
    entry = Entry(content[registry.primary_key], dict(content))
    _check_unique(db, registry, entry)
    inserted = db.execute(
        "INSERT INTO records VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [registry.id, entry.record_id, Jsonb(entry.content)],
    )
    if not inserted.rowcount:
        raise Problem(409, "record-exists", "there is another record of this id")
    return entry


def change(db: Connection, registry: Registry, entry: Entry, write: Content) -> Entry:
    """Write some fields of a record, the others stay. Raises Problem 400 and 409 as create does."""
    content = {**entry.content, **write}
    if content[registry.primary_key] != entry.record_id:
        raise Problem(400, "id-is-final", f"the {registry.primary_key} of a record can't be changed")
    check_record(registry.schema, content)
    changed = Entry(entry.record_id, content)
    _check_unique(db, registry, changed)
    db.execute(
        "UPDATE records SET content = %s WHERE registry = %s AND record_id = %s",
        [Jsonb(content), registry.id, entry.record_id],
    )
    return changed


def change_all(db: Connection, registry: Registry, query: Content, write: Content) -> int:
    """Write some fields of every record that fits, all or none. Raises Problem 404, 409, and as change."""
    found = find_entries(db, registry, query, most=MOST_CHANGES + 1)
    if not found:
        raise no_record()
    if len(found) > MOST_CHANGES:
        raise Problem(409, "too-many-records", f"at most {MOST_CHANGES} records are changed at once")
    for entry in found:
        change(db, registry, entry, write)
    return len(found)


def find_the_one(db: Connection, registry: Registry, query: Content) -> Entry | None:
    """Find the record to write to, if there is one. Raises Problem 409 when the query fits several."""
    found = find_entries(db, registry, query, most=2)
    if len(found) > 1:
        raise Problem(409, "several-records", "the query fits several records: say which one is meant")
    return found[0] if found else None


def delete(db: Connection, registry: Registry, record_id: str) -> None:
    """Delete a record; one that was deleted before stays deleted. Raises Problem 404."""
    which = [registry.id, record_id]
    gone = db.execute("DELETE FROM records WHERE registry = %s AND record_id = %s", which)
    if gone.rowcount:
        db.execute("INSERT INTO deletions VALUES (%s, %s) ON CONFLICT DO NOTHING", which)
        return
    before = db.execute("SELECT FROM deletions WHERE registry = %s AND record_id = %s", which)
    if not before.rowcount:
        raise no_record()


def no_record() -> Problem:
    """Say that nothing was found, in the words of the published contract."""
    return Problem(404, "no-record-found", "no record found")


def _twin(db: Connection, registry: Registry, content: Content) -> Entry | None:
    """Find the record that an identical creation made and nobody has changed since."""
    row = db.execute(
        """SELECT record_id, content FROM records
            WHERE registry = %(registry)s AND content @> %(content)s AND content - %(key)s::text = %(content)s
            ORDER BY record_id LIMIT 1""",
        {"registry": registry.id, "content": Jsonb(content), "key": registry.primary_key},
    ).fetchone()
    return Entry(**row) if row else None


def _check_unique(db: Connection, registry: Registry, entry: Entry) -> None:
    for names in registry.unique_keys:
        if all(name in entry.content for name in names):
            query = {name: entry.content[name] for name in names}
            taken = find_entries(db, registry, query, most=2)
            if any(other.record_id != entry.record_id for other in taken):
                raise Problem(409, "record-exists", f"another record has the same {', '.join(names)}")
