"""My personal data usage, in both dialects: a person asks who read about them.

Nobody else may, but a registrar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Row
from blocks.digital_registries.entries import transaction
from blocks.digital_registries.routes.wire import ROLE, Authorization, named_client
from blocks.digital_registries.usages import list_usages

Named = Annotated[str, Query(min_length=1, max_length=60)]
LONGEST = 60


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(dependencies=[Depends(named_client)])

    @router.get("/data/myPersonalDataUsage")
    def my_personal_data_usage(
        userId: Named,  # noqa: N803  the contract's names
        databaseId: Named,  # noqa: N803
        authorization: Authorization = None,
    ) -> list[dict[str, Any]]:
        return [_describe(line) for line in _usages(kit, authorization, userId, databaseId)]

    @router.get("/data/MyPersonalDataUsage/1.0")
    def my_personal_data_usage_in_the_compliance_dialect(
        request: Request, authorization: Authorization = None
    ) -> list[dict[str, Any]]:
        stated = {name.lower(): value for name, value in reversed(request.query_params.multi_items())}
        person, registry = (stated.get(name, "") for name in ("userid", "databaseid"))
        if not (0 < len(person) <= LONGEST and 0 < len(registry) <= LONGEST):
            raise Problem(
                400, "invalid-request", "userId and databaseId say whose readers are asked for, and where"
            )
        lines = _usages(kit, authorization, person, registry)
        return [{_capital(name): value for name, value in _describe(line).items()} for line in lines]

    return router


def _usages(kit: Kit, authorization: str | None, person: str, registry: str) -> list[Row]:
    caller = kit.access.caller(authorization)
    if not caller.is_person(person) and not caller.may_act_as(ROLE):
        raise Problem(403, "not-your-own", "only the person, or a registrar, may ask who read about them")
    with transaction(kit.records) as db:
        lines = list_usages(db, person, registry)
    if not lines:
        raise Problem(404, "no-usage-found", "nobody has read about this person here")
    return lines


def _describe(line: Row) -> dict[str, Any]:
    institution, _, application = line["application"].rpartition("/")
    return {
        "id": str(line["id"]),
        "readerId": line["person"] or line["application"],
        "readerInitials": "",
        "readerInstitutionId": institution,
        "readerInstitutionName": institution.rpartition("/")[2],
        "readerApplicationName": application,
        "searchDateTime": line["read_at"].isoformat().replace("+00:00", "Z"),
        "refrences": [{"ReferenceID": line["record_id"]}],
        "operation": line["operation"],
        "exchangeId": line["exchange_id"],
        **(line["told"] or {}),
    }


def to_published(line: Mapping[str, Any]) -> dict[str, Any]:
    """Give a line of the compliance dialect with the published names."""
    return {_uncapital(name): value for name, value in line.items()}


def _uncapital(name: str) -> str:
    return name.lower() if name == "ID" else re.sub("ID$", "Id", name[:1].lower() + name[1:])


def _capital(name: str) -> str:
    """Write a name as the compliance dialect does: `readerId` is `ReaderID` there."""
    return "ID" if name == "id" else re.sub("Id$", "ID", name[0].upper() + name[1:])
