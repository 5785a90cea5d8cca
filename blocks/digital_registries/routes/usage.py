"""My personal data usage: a person asks who read about them. Nobody else may, but a registrar."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.records import Row
from blocks.digital_registries.entries import transaction
from blocks.digital_registries.usages import list_usages

Named = Annotated[str, Query(min_length=1, max_length=60)]


def make_router(kit: Kit) -> APIRouter:
    """Make the route."""
    router = APIRouter()

    @router.get("/data/myPersonalDataUsage")
    def my_personal_data_usage(
        userId: Named,  # noqa: N803  the contract's names
        databaseId: Named,  # noqa: N803
        authorization: Annotated[str | None, Header()] = None,
    ) -> list[dict[str, Any]]:
        caller = kit.access.caller(authorization)
        if not caller.is_person(userId) and not caller.may_act_as("registrar"):
            raise Problem(403, "not-your-own", "only the person, or a registrar, may ask who read about them")
        with transaction(kit.records) as db:
            lines = list_usages(db, userId, databaseId)
        if not lines:
            raise Problem(404, "no-usage-found", "nobody has read about this person here")
        return [_describe(line) for line in lines]

    return router


def _describe(line: Row) -> dict[str, Any]:
    institution = line["reader"].rpartition("/")[0]
    return {
        "id": str(line["id"]),
        "readerId": line["reader"],
        "readerInitials": "",
        "readerInstitutionId": institution,
        "readerInstitutionName": institution.rpartition("/")[2],
        "readerApplicationName": line["reader"].rpartition("/")[2],
        "searchDateTime": line["read_at"].isoformat().replace("+00:00", "Z"),
        "refrences": [{"ReferenceID": line["record_id"]}],
        "operation": line["operation"],
        "exchangeId": line["exchange_id"],
    }
