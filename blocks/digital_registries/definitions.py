"""Registries as their records need them: found by code and version, with the spelling of their fields.

How a registry comes to be defined stands in `designs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blockkit.problems import Problem
from blockkit.records import Connection

NUMBER = "{indexNoByCode}"
FIND = """SELECT id, code, version, schema, primary_key, subject, unique_keys, number_format, is_draft,
                 is_disabled, is_archived
            FROM registries WHERE code = %s AND version = %s AND in_use"""
FIND_AND_LOCK = f"{FIND} FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class Registry:
    """One version of a registry."""

    id: int
    code: str
    version: str
    schema: Mapping[str, Any]
    primary_key: str
    subject: str | None
    unique_keys: Sequence[Sequence[str]]
    number_format: str

    @property
    def fields(self) -> Mapping[str, Any]:
        """The properties that a record can have."""
        properties: Mapping[str, Any] = self.schema["properties"]
        return properties

    def spell(self, name: str) -> str:
        """Give a field's name as the registry writes it; GovStack's two dialects differ in capitals alone."""
        if name in self.fields:
            return name
        meant = [each for each in self.fields if each.casefold() == name.casefold()]
        return meant[0] if len(meant) == 1 else name

    def spell_all(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Give a record or a query with its fields' names as the registry writes them.

        A field that is named twice in different capitals stays as it came, and so is unknown the second time.
        """
        spelt: dict[str, Any] = {}
        for name, value in content.items():
            meant = self.spell(name)
            spelt[name if meant in spelt or (meant != name and meant in content) else meant] = value
        return spelt


def find_registry(db: Connection, code: str, version: str, *, lock: bool = False) -> Registry:
    """Find a registry; `lock` makes its other writers wait for this transaction.

    Raises Problem 404 when there is none that is published, 409 when it takes no such call now.
    """
    row = db.execute(FIND_AND_LOCK if lock else FIND, [code, version]).fetchone()
    if row is None or row.pop("is_draft"):
        raise Problem(404, "no-such-registry", "there is no registry of this name and version")
    disabled, archived = row.pop("is_disabled"), row.pop("is_archived")
    if disabled:
        raise Problem(
            409, "registry-disabled", "this registry is disabled: it neither tells nor takes anything"
        )
    if archived and lock:
        raise Problem(409, "registry-archived", "this registry is archived: it can only be read")
    return Registry(**row)


def next_id(db: Connection, registry: Registry) -> str:
    """Give the next record id of a registry, by its number format; its versions share the numbers."""
    row = db.execute(
        "UPDATE catalogs SET last_number = last_number + 1 WHERE code = %s RETURNING last_number",
        [registry.code],
    ).fetchone()
    assert row is not None
    form = registry.number_format.replace("{code}", registry.code)
    return form.replace(NUMBER, str(row["last_number"]))
