"""The Database API: which registries there are, and how a registrar designs one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Response
from pydantic import Field, StringConstraints

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Row
from blocks.digital_registries.designs import (
    DEFAULT_FORMAT,
    Design,
    delete_registry,
    design,
    list_designs,
    read_design,
)
from blocks.digital_registries.entries import transaction
from blocks.digital_registries.routes.wire import ROLE, Authorization, Wire, named_client

SERVICES = ("list", "create", "exists", "read", "update", "update-entries", "update-or-create", "delete")
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
Text = Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00]*$")]
Segment = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=60)]
VersionText = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=20)]
Number = Annotated[str, Path(alias="id")]
NUMBER = re.compile(r"[1-9][0-9]{0,18}")
LARGEST = 2**63 - 1


class DesignBody(Wire):
    """The published members, and behind them those that only we know: all of them can be left out."""

    groupName: Name  # noqa: N815  the wire's names
    catalogName: Name  # noqa: N815
    code: Segment
    definition: dict[str, Any] = Field(alias="schema")
    version: VersionText | None = None
    description: Text = ""
    institution: Text = ""
    uniqueKeys: Annotated[tuple[tuple[Name, ...], ...], Field(max_length=10)] = ()  # noqa: N815
    numberFormat: Name = DEFAULT_FORMAT  # noqa: N815
    isDraft: bool = False  # noqa: N815
    isDisabled: bool = False  # noqa: N815
    isArchived: bool = False  # noqa: N815


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(dependencies=[Depends(named_client)])

    @router.get("/databases")
    def list_databases() -> list[dict[str, Any]]:
        with kit.records.transaction() as db:
            rows = list_designs(db)
        return [
            _describe_catalog(list(versions)) for _, versions in groupby(rows, key=lambda row: row["code"])
        ]

    @router.post("/database/modify")
    def modify_database(
        body: DesignBody, response: Response, authorization: Authorization = None
    ) -> dict[str, Any]:
        officer = kit.access.require(authorization, ROLE)
        wanted = Design(
            code=body.code,
            version=body.version,
            group_name=body.groupName,
            catalog_name=body.catalogName,
            schema=body.definition,
            description=body.description,
            institution=body.institution,
            unique_keys=body.uniqueKeys,
            number_format=body.numberFormat,
            is_draft=body.isDraft,
            is_disabled=body.isDisabled,
            is_archived=body.isArchived,
            by_user=officer.individual_id,
        )
        with transaction(kit.records) as db:
            made = design(db, wanted)
        response.headers["Location"] = f"/database/{made['number']}"
        return _describe_schema(made)

    @router.get("/database/{id}")
    def read_database(number: Number) -> dict[str, Any]:
        with kit.records.transaction() as db:
            return _describe(read_design(db, _number(number)))

    @router.delete("/database/{id}")
    def delete_database(number: Number, authorization: Authorization = None) -> str:
        meant = _number(number)
        kit.access.require(authorization, ROLE)
        with kit.records.transaction() as db:
            delete_registry(db, meant)
        return "Success"

    return router


def _number(text: str) -> int:
    """Read the number of a definition; where designs are sent to there is no definition to read or delete."""
    if text == "modify":
        raise HTTPException(405, "Method Not Allowed")
    if not NUMBER.fullmatch(text) or int(text) > LARGEST:
        raise Problem(400, "invalid-request", "a definition is called by its number")
    return int(text)


def _describe_catalog(versions: list[Row]) -> dict[str, Any]:
    """Describe what GovStack calls a group of databases: the versions that share a code."""
    shared = versions[0]
    return {
        "id": shared["catalog_number"],
        "name": shared["name"],
        "code": shared["code"],
        "databases": [_describe(row) for row in versions],
        "groupId": shared["group_id"],
        "groupName": shared["group_name"],
        "order": shared["position"],
        "dataIndexIncrement": shared["last_number"],
    }


def _describe_schema(row: Row) -> dict[str, Any]:
    """Give the schema, as the published contract answers a design, and what is needed to find it again."""
    return {
        **row["schema"],
        "incrementIndex": row["last_number"],
        "databaseId": row["number"],
        "version": row["version"],
        "isDraft": row["is_draft"],
    }


def _describe(row: Row) -> dict[str, Any]:
    return {
        "id": row["number"],
        "code": row["code"],
        "version": row["version"],
        "name": row["code"],
        "description": row["description"],
        "institution": row["institution"],
        "numberFormat": row["number_format"],
        "schema": row["schema"],
        "schemaTags": [
            {"name": "search", "path": f"/{name}", "isFulltext": True} for name in row["schema"]["properties"]
        ],
        "schemaFlags": _flags(row["schema"], row["primary_key"], row["subject"]),
        "fieldsUniques": [[row["primary_key"]], *row["unique_keys"]],
        "isDraft": row["is_draft"],
        "isDisabled": row["is_disabled"],
        "isArchived": row["is_archived"],
        "modifiedAt": row["modified_at"].isoformat().replace("+00:00", "Z"),
        "byUserName": row["by_user"],
        "byUserAuthId": 0,
        "byOnBehalfOfUserAuthId": 0,
        "byOnBehalfOfUserName": "",
        "genericServices": [
            {
                "serviceId": number,
                "name": f"data-{name}",
                "isVisible": not (row["is_draft"] or row["is_disabled"]),
            }
            for number, name in enumerate(SERVICES, start=1)
        ],
        "dataIndexIncrement": row["last_number"],
        "hasLogo": False,
    }


def _flags(schema: Mapping[str, Any], key: str, subject: str | None) -> list[dict[str, str]]:
    flagged = [("mandatory", name) for name in schema.get("required", ())]
    flagged += [("primary key", key)]
    flagged += [("subject", subject)] if subject else []
    return [{"name": flag, "path": f"/{name}"} for flag, name in flagged]
