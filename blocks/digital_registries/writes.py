"""Changes to records, under the registry's lock, each a whole by the registry's schema or not made at all.

Whom a request is about stands in its query: consent is asked for that person, so nothing is
written about another one. The very same request once more gets the first answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.digital_registries.changes import Asker, Change, changed_before, note_change
from blocks.digital_registries.definitions import Registry, next_id
from blocks.digital_registries.entries import Entry, find_entries, find_named, find_the_one, no_record
from blocks.digital_registries.schemas import check_record

Content = Mapping[str, Any]
MOST_CHANGES = 1000


def create(db: Connection, registry: Registry, change: Change) -> Entry:
    """Add a record. Raises Problem 400 when it doesn't fit the schema, 409 when its id or a key is taken."""
    content = change.write
    if registry.primary_key in content:
        before = find_entries(db, registry, {registry.primary_key: content[registry.primary_key]})
        if before and before[0].content == content:
            return before[0]
    elif registry.fields[registry.primary_key].get("readOnly") is True:
        repeated = _twin(db, registry, content)
        if repeated is not None:
            return repeated
        content = {**content, registry.primary_key: _free_id(db, registry)}
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
    note_change(db, registry, change, [entry.record_id])
    return entry


def update(db: Connection, registry: Registry, change: Change) -> Entry:
    """Write some fields of one record, the others stay. Raises Problem 404, 400 and 409 as create."""
    _check_whom(registry, change)
    entry = find_the_one(db, registry, change.query)
    if entry is not None:
        return _write(db, registry, entry, change)
    repeated = _repeated(db, registry, change)
    if not repeated:
        raise no_record()
    return repeated[0]


def update_entries(db: Connection, registry: Registry, change: Change) -> int:
    """Write some fields of every record that fits, all or none; gives how many. Raises Problem as update."""
    _check_whom(registry, change)
    found = find_entries(db, registry, change.query, most=MOST_CHANGES + 1)
    if len(found) > MOST_CHANGES:
        raise Problem(409, "too-many-records", f"at most {MOST_CHANGES} records are changed at once")
    changed = [entry.record_id for entry in found if put(db, registry, entry, change.write) != entry]
    if changed:
        note_change(db, registry, change, changed)
    if not found:
        found = _repeated(db, registry, change)
    if not found:
        raise no_record()
    return len(found)


def update_or_create(db: Connection, registry: Registry, change: Change) -> tuple[Entry, bool]:
    """Write some fields of the record that fits, or add one that does; tells whether there was one before.

    Raises Problem as create and update.
    """
    _check_whom(registry, change)
    entry = find_the_one(db, registry, change.query) if change.query else None
    if entry is not None:
        return _write(db, registry, entry, change), True
    if repeated := _repeated(db, registry, change):
        return repeated[0], True
    whole = Change(change.operation, change.query, {**change.query, **change.write}, change.asker)
    entry = create(db, registry, whole)
    if whole.write != change.write:
        note_change(db, registry, change, [entry.record_id])
    return entry, False


def delete(db: Connection, registry: Registry, name: str, asker: Asker) -> None:
    """Delete a record; one that was deleted before stays deleted. Raises Problem 404."""
    entry = find_named(db, registry, name)
    if entry is None:
        before = db.execute("SELECT FROM deletions WHERE registry = %s AND name = %s", [registry.id, name])
        if not before.rowcount:
            raise no_record()
        return
    remove(db, registry, entry)
    db.execute("INSERT INTO deletions VALUES (%s, %s) ON CONFLICT DO NOTHING", [registry.id, name])
    note_change(db, registry, Change("delete", {"ID": name}, {}, asker), [entry.record_id])


def remove(db: Connection, registry: Registry, entry: Entry) -> None:
    """Take a record out, and remember that there was one."""
    which = [registry.id, entry.record_id]
    db.execute("DELETE FROM records WHERE registry = %s AND record_id = %s", which)
    db.execute("INSERT INTO deletions VALUES (%s, %s) ON CONFLICT DO NOTHING", which)


def _write(db: Connection, registry: Registry, entry: Entry, change: Change) -> Entry:
    changed = put(db, registry, entry, change.write)
    if changed != entry:
        note_change(db, registry, change, [entry.record_id])
    return changed


def put(db: Connection, registry: Registry, entry: Entry, write: Content) -> Entry:
    """Write some fields of a record, and nothing about who did. Raises Problem 400 and 409."""
    content = {**entry.content, **write}
    if content[registry.primary_key] != entry.record_id:
        raise Problem(400, "id-is-final", f"the {registry.primary_key} of a record can't be changed")
    check_record(registry.schema, content)
    changed = Entry(entry.record_id, content)
    if changed != entry:
        _check_unique(db, registry, changed)
        db.execute(
            "UPDATE records SET content = %s WHERE registry = %s AND record_id = %s",
            [Jsonb(content), registry.id, entry.record_id],
        )
    return changed


def _check_whom(registry: Registry, change: Change) -> None:
    """Refuse to write about somebody else than the query names. Raises Problem 400."""
    for name in {registry.primary_key, registry.subject or registry.primary_key}:
        if name in change.query and name in change.write and change.query[name] != change.write[name]:
            raise Problem(
                400, "not-whom-the-query-names", f"the query names one {name}, and what is written another"
            )


def _repeated(db: Connection, registry: Registry, change: Change) -> list[Entry]:
    """Give what the same request changed before, as long as all of it still says what was written then."""
    found = [
        entry
        for record_id in changed_before(db, registry, change)
        for entry in find_entries(db, registry, {registry.primary_key: record_id})
    ]
    lasting = all(
        name in entry.content and entry.content[name] == value
        for entry in found
        for name, value in change.write.items()
    )
    return found if lasting else []


def _free_id(db: Connection, registry: Registry) -> str:
    """Give the next number that nobody has taken by naming a record so himself."""
    while find_entries(db, registry, {registry.primary_key: (record_id := next_id(db, registry))}):
        pass
    return record_id


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
