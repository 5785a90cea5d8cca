"""Registries: what they are called, what their records look like, and which number comes next.

A registry that holds records is never redefined under the same version: what was written by
one schema is not reinterpreted by another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.digital_registries.schemas import read_shape

FIRST_VERSION = "1.0"
NUMBER = "{indexNoByCode}"
FIND = """SELECT id, code, schema, primary_key, subject, unique_keys FROM registries
           WHERE code = %s AND version = %s"""
FIND_AND_LOCK = f"{FIND} FOR NO KEY UPDATE"
DEFAULT_FORMAT = "{code}" + NUMBER


@dataclass(frozen=True, slots=True)
class Definition:
    """What makes a registry."""

    code: str
    version: str
    group_name: str
    catalog_name: str
    schema: Mapping[str, Any]
    unique_keys: Sequence[Sequence[str]] = ()
    number_format: str = DEFAULT_FORMAT


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry as its records need it."""

    id: int
    code: str
    schema: Mapping[str, Any]
    primary_key: str
    subject: str | None
    unique_keys: Sequence[Sequence[str]]

    @property
    def fields(self) -> Mapping[str, Any]:
        """The properties that a record can have."""
        properties: Mapping[str, Any] = self.schema["properties"]
        return properties


def find_registry(db: Connection, code: str, version: str, *, lock: bool = False) -> Registry:
    """Find a registry; `lock` makes its other writers wait for this transaction. Raises Problem 404."""
    row = db.execute(FIND_AND_LOCK if lock else FIND, [code, version]).fetchone()
    if row is None:
        raise Problem(404, "no-such-registry", "there is no registry of this name and version")
    return Registry(**row)


def next_id(db: Connection, registry: Registry) -> str:
    """Give the next record id of a registry, by its number format."""
    row = db.execute(
        "UPDATE registries SET last_number = last_number + 1 WHERE id = %s"
        " RETURNING last_number, number_format",
        [registry.id],
    ).fetchone()
    assert row is not None
    form = row["number_format"].replace("{code}", registry.code)
    return str(form.replace(NUMBER, str(row["last_number"])))


def define(db: Connection, wanted: Definition) -> Row:
    """Create a registry, or redefine an empty one; the same again changes nothing.

    Raises Problem 400 for a schema that can't be used, 409 when there are records already.
    """
    shape = read_shape(wanted.schema)
    for names in wanted.unique_keys:
        if unknown := set(names) - set(wanted.schema["properties"]):
            raise Problem(
                400, "schema-unfit", f"a unique key names unknown properties: {', '.join(sorted(unknown))}"
            )
    if NUMBER not in wanted.number_format:
        raise Problem(400, "schema-unfit", f"numberFormat must contain {NUMBER}")
    db.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [wanted.code])
    before = _find(db, wanted)
    if before is not None and _same(before, wanted):
        return before
    if before is not None:
        delete_registry(db, before["id"])
    db.execute(
        """INSERT INTO registries (code, version, group_name, catalog_name, schema, primary_key, subject,
                                   unique_keys, number_format)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            wanted.code,
            wanted.version,
            wanted.group_name,
            wanted.catalog_name,
            Jsonb(wanted.schema),
            shape.primary_key,
            shape.subject,
            Jsonb(wanted.unique_keys),
            wanted.number_format,
        ],
    )
    made = _find(db, wanted)
    assert made is not None
    return made


def read_definition(db: Connection, number: int) -> Row:
    """Read one definition. Raises Problem 404."""
    row = db.execute("SELECT * FROM registries WHERE id = %s", [number]).fetchone()
    if row is None:
        raise Problem(404, "no-such-registry", "there is no registry of this id")
    return row


def list_definitions(db: Connection) -> list[Row]:
    """List all definitions."""
    return db.execute("SELECT * FROM registries ORDER BY group_name, code, version").fetchall()


def delete_registry(db: Connection, number: int) -> None:
    """Delete an empty registry; one that isn't there is no error. Raises Problem 409 when it has records."""
    db.execute("SELECT FROM registries WHERE id = %s FOR UPDATE", [number])
    if db.execute("SELECT FROM records WHERE registry = %s LIMIT 1", [number]).rowcount:
        raise Problem(409, "registry-in-use", "this registry holds records: define another version of it")
    db.execute("DELETE FROM registries WHERE id = %s", [number])


def _find(db: Connection, wanted: Definition) -> Row | None:
    return db.execute(
        "SELECT * FROM registries WHERE code = %s AND version = %s", [wanted.code, wanted.version]
    ).fetchone()


def _same(before: Row, wanted: Definition) -> bool:
    return bool(
        before["schema"] == wanted.schema
        and before["group_name"] == wanted.group_name
        and before["catalog_name"] == wanted.catalog_name
        and before["number_format"] == wanted.number_format
        and before["unique_keys"] == [list(names) for names in wanted.unique_keys]
    )
