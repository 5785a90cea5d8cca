"""One citizen's file: the same person as each block will know them, and what no block is told.

Which columns a block loads is what its descriptor says; this file knows no block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from sandbox.errors import NotFound, UsageError
from sandbox.model.population import Manifest
from sandbox.population.files.asking import quote_name, reading
from sandbox.population.pictures.kin import join_names

OWN = {
    "persons": "person_no = $person",
    "households": "household_no = $household",
    "addresses": "household_no = $household",
    "administrative_units": "unit_no IN (SELECT unit_no FROM households WHERE household_no = $household)",
    "accounts": "person_no = $person",
    "contacts": "person_no = $person",
    "civil_events": "person_no = $person OR partner_no = $person",
    "employment": "person_no = $person",
    "parcels": "owner_no = $person",
    "consents": "person_no = $person",
    "organisations": "director_no = $person",
    "products": "organisation_no IN (SELECT organisation_no FROM organisations WHERE director_no = $person)",
    "licences": "organisation_no IN (SELECT organisation_no FROM organisations WHERE director_no = $person)",
}
"""Which rows of a table are about a person. Tables that are not named are about nobody."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one reader is told from one table: rows of the columns that it loads."""

    reader: str
    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class CitizenFile:
    """One person, as each reader will know them; `untold` is what none of them loads."""

    number: int
    name: str
    name_latin: str
    individual_id: str | None
    persona: str | None
    sections: tuple[Section, ...]
    untold: tuple[Section, ...]


def open_file(
    folder: Path,
    manifest: Manifest,
    readers: Mapping[str, Mapping[str, Sequence[str]]],
    *,
    who: str | None = None,
    persona: str | None = None,
) -> CitizenFile:
    """Gather a person's file. `readers` says for each block which columns of which tables it loads.

    Raises UsageError unless exactly one of `who` (an id or a number) and `persona` is given, NotFound for
    nobody, ContentError for tables that can't be read.
    """
    if (who is None) == (persona is None):
        raise UsageError(
            "one person is asked for, by an id, a number or --persona",
            hint='`sandbox data query "FROM persons"` lists them',
        )
    with reading(folder, manifest) as connection:
        person = _find(connection, manifest, who, persona)
        sections = tuple(_gather(connection, manifest, readers, person))
        untold = tuple(_gather(connection, manifest, {"": _rest(manifest, readers)}, person))
    return CitizenFile(
        number=person["person_no"],
        name=join_names(person),
        name_latin=join_names(person, "_latin") or join_names(person),
        individual_id=person["individual_id"],
        persona=person.get("persona"),
        sections=sections,
        untold=untold,
    )


def _find(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, who: str | None, persona: str | None
) -> dict[str, Any]:
    if who is not None:
        found = _select(connection, "individual_id = $1", who) or _select(
            connection, "functional_id = $1", who
        )
        # An id may be made of digits as a number is; an id is said first.
        if not found and who.isascii() and who.isdigit() and len(who) < 18:
            found = _select(connection, "person_no = $1", int(who))
        if not found:
            raise NotFound(
                f"there is nobody with the id or number {who!r} in this population",
                hint=f"numbers go from 0 to {manifest.tables['persons'].rows - 1}",
            )
        return found[0]
    if "persona" not in manifest.tables["persons"].columns:
        raise NotFound("this population has no personas", hint="name the person by an id or a number")
    found = _select(connection, "persona = $1", str(persona))
    if not found:
        known = connection.execute(
            "SELECT DISTINCT persona FROM persons WHERE persona IS NOT NULL ORDER BY persona"
        ).fetchall()
        listed = ", ".join(slug for (slug,) in known)
        raise NotFound(
            f"there is no persona {persona!r} in this population",
            hint=f"there are: {listed}" if listed else "it has none",
        )
    return found[0]


def _select(connection: duckdb.DuckDBPyConnection, condition: str, value: Any) -> list[dict[str, Any]]:
    cursor = connection.execute(
        f"SELECT * FROM persons WHERE {condition} ORDER BY person_no LIMIT 1",  # noqa: S608
        [value],
    )
    names = [described[0] for described in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _gather(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    readers: Mapping[str, Mapping[str, Sequence[str]]],
    person: Mapping[str, Any],
) -> Iterator[Section]:
    for reader, reads in readers.items():
        for table, wanted in reads.items():
            if table not in OWN or table not in manifest.tables:
                continue
            columns = tuple(name for name in wanted if name in manifest.tables[table].columns)
            if not columns:
                continue
            listed = ", ".join(map(quote_name, columns))
            values = {"person": person["person_no"], "household": person["household_no"]}
            named = {name: value for name, value in values.items() if f"${name}" in OWN[table]}
            rows = connection.execute(
                f"SELECT {listed} FROM {quote_name(table)} WHERE {OWN[table]} ORDER BY ALL",  # noqa: S608
                named,
            ).fetchall()
            yield Section(reader, table, columns, tuple(rows))


def _rest(
    manifest: Manifest, readers: Mapping[str, Mapping[str, Sequence[str]]]
) -> Mapping[str, Sequence[str]]:
    """Give the columns that no reader loads."""
    told = {
        (table, column)
        for reads in readers.values()
        for table, columns in reads.items()
        for column in columns
    }
    return {
        table: [column for column in described.columns if (table, column) not in told]
        for table, described in manifest.tables.items()
    }
