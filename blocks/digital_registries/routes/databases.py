"""The Database API: which registries there are, and how a registrar defines one."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path
from pydantic import Field, StringConstraints

from blockkit.app import Kit
from blockkit.records import Row
from blocks.digital_registries.definitions import (
    DEFAULT_FORMAT,
    FIRST_VERSION,
    Definition,
    define,
    delete_registry,
    list_definitions,
    read_definition,
)
from blocks.digital_registries.entries import transaction
from blocks.digital_registries.routes.wire import Wire

ROLE = "registrar"
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
Segment = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=60)]
VersionText = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=20)]
Authorization = Annotated[str | None, Header()]
Number = Annotated[int, Path(alias="id", ge=1, le=2**31 - 1)]


class DefinitionBody(Wire):
    groupName: Name  # noqa: N815  the wire's names
    catalogName: Name  # noqa: N815
    code: Segment
    definition: dict[str, Any] = Field(alias="schema")
    version: VersionText = FIRST_VERSION
    uniqueKeys: Annotated[tuple[tuple[Name, ...], ...], Field(max_length=10)] = ()  # noqa: N815
    numberFormat: Name = DEFAULT_FORMAT  # noqa: N815


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/databases")
    def list_databases() -> list[dict[str, Any]]:
        with kit.records.transaction() as db:
            rows = list_definitions(db)
        return [
            {"name": name, "code": name, "databases": [_describe(row) for row in group]}
            for name, group in groupby(rows, key=lambda row: str(row["group_name"]))
        ]

    @router.post("/database/modify")
    def modify_database(body: DefinitionBody, authorization: Authorization = None) -> dict[str, Any]:
        kit.access.require(authorization, ROLE)
        with transaction(kit.records) as db:
            return _describe(
                define(
                    db,
                    Definition(
                        code=body.code,
                        version=body.version,
                        group_name=body.groupName,
                        catalog_name=body.catalogName,
                        schema=body.definition,
                        unique_keys=body.uniqueKeys,
                        number_format=body.numberFormat,
                    ),
                )
            )

    @router.get("/database/{id}")
    def read_database(number: Number) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return _describe(read_definition(db, number))

    @router.delete("/database/{id}")
    def delete_database(number: Number, authorization: Authorization = None) -> str:
        kit.access.require(authorization, ROLE)
        with kit.records.transaction() as db:
            delete_registry(db, number)
        return "Success"

    return router


def _describe(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "code": row["code"],
        "version": row["version"],
        "name": row["catalog_name"],
        "institution": row["group_name"],
        "numberFormat": row["number_format"],
        "schema": row["schema"],
        "fieldsUniques": row["unique_keys"],
        "isDraft": False,
        "isDisabled": False,
        "isArchived": False,
        "modifiedAt": row["modified_at"].isoformat().replace("+00:00", "Z"),
        "dataIndexIncrement": row["last_number"],
    }
