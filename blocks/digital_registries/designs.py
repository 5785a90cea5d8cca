"""How registries are designed: drafts, publishing, versions, and what may still be changed when.

A registry that holds records is never redefined under the same version: what was written by
one schema is not reinterpreted by another. Its name, its place and its state may change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.types.json import Json, Jsonb

from blockkit.problems import Problem
from blockkit.records import Connection, Row
from blocks.digital_registries.definitions import NUMBER
from blocks.digital_registries.schemas import read_shape

FIRST_VERSION = "1.0"
DEFAULT_FORMAT = "{code}" + NUMBER
MOST_NUMBERS = 2**53 - 1
"""The largest number that every reader of JSON takes for what it is."""
FINAL = frozenset({"schema", "unique_keys", "number_format", "is_draft"})
"""What stays as it is once there are records."""
LIST = """SELECT r.*, c.name, c.number AS catalog_number, c.group_id, g.name AS group_name, c.position,
                 c.last_number
            FROM registries r JOIN catalogs c USING (code) JOIN groups g ON g.id = c.group_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What makes a registry.

    Attributes:
        version: None means the newest version there is, or the first one.
        number: Its number elsewhere; None when it is ours to number.
        by_user: Who designed it; empty when nobody said.
    """

    code: str
    version: str | None
    group_name: str
    catalog_name: str
    schema: Mapping[str, Any]
    description: str = ""
    institution: str = ""
    unique_keys: Sequence[Sequence[str]] = ()
    number_format: str = DEFAULT_FORMAT
    is_draft: bool = False
    is_disabled: bool = False
    is_archived: bool = False
    number: int | None = None
    by_user: str = ""


def design(db: Connection, wanted: Design) -> Row:
    """Create a registry or change it; the same again changes nothing.

    Raises Problem 400 for a schema that can't be used, 409 when it may not be changed in this way any more.
    """
    shape = read_shape(wanted.schema)
    _check_names(wanted)
    db.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [wanted.code])
    version = wanted.version or _newest_version(db, wanted.code) or FIRST_VERSION
    before = _find(db, wanted.code, version)
    _place(db, wanted)
    columns = {
        "description": wanted.description,
        "institution": wanted.institution or wanted.group_name,
        "schema": Json(wanted.schema),
        "primary_key": shape.primary_key,
        "subject": shape.subject,
        "unique_keys": Jsonb(wanted.unique_keys),
        "number_format": wanted.number_format,
        "is_draft": wanted.is_draft,
        "is_disabled": wanted.is_disabled,
        "is_archived": wanted.is_archived,
    }
    if before is None or wanted.number is not None:
        number = _insert(db, wanted, version, columns, in_use=before is None)
    else:
        number = before["number"]
        _change(db, before, wanted, columns)
    return read_design(db, number)


def read_design(db: Connection, number: int) -> Row:
    """Read one definition. Raises Problem 404."""
    row = db.execute(f"{LIST} WHERE r.number = %s", [number]).fetchone()
    if row is None:
        raise Problem(404, "no-such-registry", "there is no registry of this id")
    return row


def list_designs(db: Connection) -> list[Row]:
    """List all definitions, those of one code beside each other."""
    return db.execute(f"{LIST} ORDER BY g.name, c.position, r.code, r.id").fetchall()


def delete_registry(db: Connection, number: int) -> None:
    """Delete an empty registry; one that isn't there is no error. Raises Problem 409 when it has records.

    Its code keeps the numbers that were given out, so that no two records are ever called the same.
    """
    row = db.execute("SELECT id FROM registries WHERE number = %s FOR UPDATE", [number]).fetchone()
    if row is None:
        return
    if _holds_records(db, row["id"]):
        raise Problem(409, "registry-in-use", "this registry holds records: define another version of it")
    db.execute("DELETE FROM registries WHERE id = %s", [row["id"]])


def _check_names(wanted: Design) -> None:
    for names in wanted.unique_keys:
        if unknown := set(names) - set(wanted.schema["properties"]):
            told = ", ".join(sorted(unknown))
            raise Problem(400, "schema-unfit", f"a unique key names unknown properties: {told}")
    if NUMBER not in wanted.number_format:
        raise Problem(400, "schema-unfit", f"numberFormat must contain {NUMBER}")


def _newest_version(db: Connection, code: str) -> str | None:
    row = db.execute(
        """SELECT version FROM registries WHERE code = %s AND in_use
            ORDER BY string_to_array(version, '.')::numeric[] DESC LIMIT 1""",
        [code],
    ).fetchone()
    return row["version"] if row else None


def _find(db: Connection, code: str, version: str) -> Row | None:
    return db.execute(
        "SELECT * FROM registries WHERE code = %s AND version = %s AND in_use FOR UPDATE", [code, version]
    ).fetchone()


def _place(db: Connection, wanted: Design) -> None:
    """Put the code into its group; numbering goes on at `incrementIndex`, never back."""
    start = wanted.schema.get("incrementIndex")
    known = isinstance(start, int) and not isinstance(start, bool) and 0 <= start <= MOST_NUMBERS
    db.execute("INSERT INTO groups (name) VALUES (%s) ON CONFLICT DO NOTHING", [wanted.group_name])
    db.execute(
        """INSERT INTO catalogs (code, group_id, name, last_number)
           SELECT %(code)s, id, %(name)s, %(start)s FROM groups WHERE name = %(group)s
           ON CONFLICT (code) DO UPDATE SET group_id = excluded.group_id, name = excluded.name,
               last_number = greatest(catalogs.last_number, excluded.last_number)""",
        {
            "code": wanted.code,
            "name": wanted.catalog_name,
            "group": wanted.group_name,
            "start": start if known else 0,
        },
    )


def _insert(db: Connection, wanted: Design, version: str, columns: Mapping[str, Any], *, in_use: bool) -> int:
    given = {**columns, "code": wanted.code, "version": version, "by_user": wanted.by_user, "in_use": in_use}
    if wanted.number is not None:
        given["number"] = wanted.number
    statement = sql.SQL("INSERT INTO registries ({}) VALUES ({}) RETURNING number").format(
        sql.SQL(", ").join(map(sql.Identifier, given)), sql.SQL(", ").join(map(sql.Placeholder, given))
    )
    row = db.execute(statement, given).fetchone()
    assert row is not None
    return int(row["number"])


def _change(db: Connection, before: Row, wanted: Design, columns: Mapping[str, Any]) -> None:
    plain = {**columns, "schema": wanted.schema, "unique_keys": [list(names) for names in wanted.unique_keys]}
    changed = {name for name, value in plain.items() if before[name] != value}
    if not changed:
        return
    if changed & FINAL and _holds_records(db, before["id"]):
        raise Problem(409, "registry-in-use", "this registry holds records: define another version of it")
    given = {**columns, "by_user": wanted.by_user}
    setting = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in given]
    statement = sql.SQL("UPDATE registries SET {}, modified_at = now() WHERE id = {}").format(
        sql.SQL(", ").join(setting), sql.Placeholder("id")
    )
    db.execute(statement, {**given, "id": before["id"]})


def _holds_records(db: Connection, registry: int) -> bool:
    return bool(db.execute("SELECT FROM records WHERE registry = %s LIMIT 1", [registry]).rowcount)
