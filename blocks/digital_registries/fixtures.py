"""State that GovStack's harness presupposes: a registry with records and readers, and databases by number.

The file says no schema for the registry's records, so theirs is read off them: every member is a field,
`uuid` names a record, `id` the person it is about. Members that mean nothing here are left aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from blockkit.clock import Clock
from blockkit.fixtures import FixturesUnusable
from blockkit.problems import Problem
from blockkit.records import Connection
from blocks.digital_registries.changes import Asker, Change
from blocks.digital_registries.definitions import find_registry
from blocks.digital_registries.designs import DEFAULT_FORMAT, Design, design
from blocks.digital_registries.routes.databases import Segment, VersionText
from blocks.digital_registries.routes.usage import to_published
from blocks.digital_registries.writes import create

READERS = "PersonalData"
KEY, SUBJECT = "uuid", "id"
GROUP = "Fixtures"


def _without_remarks(told: Any) -> Any:
    """Leave out texts, with which the harness's file comments on what follows."""
    return [each for each in told if not isinstance(each, str)] if isinstance(told, list) else told


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class FixtureRegistry(_Part):
    """A registry with its records; each may carry the readers that another system has written down."""

    registryname: Segment
    versionnumber: VersionText
    databaseID: str = Field(min_length=1, max_length=60)  # noqa: N815  the file's names
    records: list[dict[str, Any]]


class FixtureDatabase(_Part):
    """One definition."""

    id: int = Field(ge=1, lt=2**63)
    version: VersionText
    description: str = ""
    institution: str = ""
    number_format: str = DEFAULT_FORMAT
    definition: dict[str, Any] = Field(alias="schema")
    is_draft: bool = False
    is_disabled: bool = False
    is_archived: bool = False
    by_user_name: str = ""


class FixtureCatalog(_Part):
    """Definitions that share a code."""

    id: int = Field(ge=1, lt=2**63)
    name: str = Field(min_length=1, max_length=100)
    code: Segment
    order: int = 0
    data_index_increment: int = Field(0, ge=0, lt=2**53)
    databases: Annotated[list[FixtureDatabase], BeforeValidator(_without_remarks)]


class Document(_Part):
    """The whole file."""

    registries: FixtureRegistry
    databases: list[FixtureCatalog] = []


def enter(connection: Connection, document: Any) -> None:
    """Write the file's state. Raises FixturesUnusable."""
    try:
        given = Document.model_validate(document)
        _enter_registry(connection, given.registries)
        for catalog in given.databases:
            _enter_catalog(connection, catalog)
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(map(str, first["loc"])) or "its top"
        raise FixturesUnusable(f"at {place}: {first['msg']}") from None
    except Problem as problem:
        raise FixturesUnusable(f"{problem.detail} {problem.more or ''}".strip()) from None


def _enter_registry(db: Connection, given: FixtureRegistry) -> None:
    contents = [{name: value for name, value in each.items() if name != READERS} for each in given.records]
    design(
        db,
        Design(
            code=given.registryname,
            version=given.versionnumber,
            group_name=GROUP,
            catalog_name=given.registryname,
            schema=_schema_of(contents),
        ),
    )
    registry = find_registry(db, given.registryname, given.versionnumber, lock=True)
    asker = Asker("fixtures", "", "", Clock().now())
    for record, content in zip(given.records, contents, strict=True):
        create(db, registry, Change("create", {}, content, asker))
        for line in record.get(READERS, ()):
            _enter_reader(db, given.databaseID, record, line)


def _schema_of(contents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the schema of records: what is a text in all of them is a text, what is more is open."""
    names = dict.fromkeys([KEY, SUBJECT, *(name for content in contents for name in content)])
    properties: dict[str, Any] = {}
    for name in names:
        is_text = all(isinstance(content[name], str) for content in contents if name in content)
        properties[name] = {"type": "string"} if is_text else {}
    properties[KEY] |= {"primaryKey": True, "readOnly": True}
    properties[SUBJECT] |= {"subject": True}
    return {"type": "object", "properties": properties}


def _enter_reader(db: Connection, registry: str, record: dict[str, Any], line: dict[str, Any]) -> None:
    told = to_published(line)
    try:
        read_at = datetime.fromisoformat(told["searchDateTime"])
        about = [str(each["ReferenceID"]) for each in told.get("refrences", ())] or [""]
    except (KeyError, TypeError, ValueError) as error:
        raise FixturesUnusable(f"a line of {READERS} can't be read: {error}") from None
    db.execute(
        """INSERT INTO usages (individual_id, registry, record_id, operation, application, person,
                               exchange_id, read_at, told)
           VALUES (%s, %s, %s, 'read', %s, %s, '', %s, %s)""",
        [
            str(record.get(SUBJECT, "")),
            registry,
            about[0],
            str(told.get("readerApplicationName", "")),
            str(told.get("readerId", "")),
            read_at,
            Jsonb(told),
        ],
    )


def _enter_catalog(db: Connection, given: FixtureCatalog) -> None:
    for each in given.databases:
        design(
            db,
            Design(
                code=given.code,
                version=each.version,
                group_name=GROUP,
                catalog_name=given.name,
                schema=each.definition,
                description=each.description,
                institution=each.institution,
                number_format=each.number_format,
                is_draft=each.is_draft,
                is_disabled=each.is_disabled,
                is_archived=each.is_archived,
                number=each.id,
                by_user=each.by_user_name,
            ),
        )
    db.execute(
        """UPDATE catalogs SET number = %s, position = %s, last_number = greatest(last_number, %s)
            WHERE code = %s""",
        [given.id, given.order, given.data_index_increment, given.code],
    )
