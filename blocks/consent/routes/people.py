"""Entries of people: officers keep them, and people enter and read themselves."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from blockkit.app import Kit
from blocks.consent import individuals
from blocks.consent.routes.doors import CONFIGURES, ENTERS, anybody, enters, officers
from blocks.consent.routes.wire import Authorization, IndividualBody, Limit, Offset, PathId


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(dependencies=[anybody(kit)])
    configuring = APIRouter(dependencies=[officers(kit, CONFIGURES)])
    entering = APIRouter(dependencies=[officers(kit, ENTERS)])

    @configuring.post("/config/individual/")
    def configure(body: IndividualBody) -> dict[str, Any]:
        return _create(kit, body)

    @configuring.get("/config/individual/{individualId}/")
    def read(individualId: PathId) -> dict[str, Any]:  # noqa: N803  the wire's name
        return _read(kit, individualId)

    @configuring.get("/config/individuals/")
    def list_all(offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        return _list(kit, offset, limit)

    @entering.get("/service/individuals/")
    def list_for_service(offset: Offset = 0, limit: Limit = 100) -> dict[str, Any]:
        return _list(kit, offset, limit)

    @router.post("/service/individual/")
    def create(body: IndividualBody, authorization: Authorization = None) -> dict[str, Any]:
        wish = body.individual
        own = wish.externalId if wish.externalIdType == individuals.FOUNDATIONAL else ""
        enters(kit, authorization, own)
        return _create(kit, body)

    @router.get("/service/individual/{individualId}/")
    def read_one(individualId: PathId, authorization: Authorization = None) -> dict[str, Any]:  # noqa: N803
        enters(kit, authorization, individualId)
        return _read(kit, individualId)

    @router.put("/service/individual/{individualId}/")
    def update(
        individualId: PathId,  # noqa: N803
        body: IndividualBody,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        enters(kit, authorization, individualId)
        wish = body.individual
        with kit.records.transaction() as db:
            row = individuals.update(
                db, individualId, wish.externalId, wish.externalIdType, wish.identityProviderId
            )
        return {"individual": individuals.individual_on_the_wire(row)}

    router.include_router(configuring)
    router.include_router(entering)
    return router


def _create(kit: Kit, body: IndividualBody) -> dict[str, Any]:
    wish = body.individual
    with kit.records.transaction() as db:
        row = individuals.create(db, wish.externalId, wish.externalIdType, wish.identityProviderId)
    return {"individual": individuals.individual_on_the_wire(row)}


def _read(kit: Kit, identifier: str) -> dict[str, Any]:
    with kit.records.transaction() as db:
        return {"individual": individuals.individual_on_the_wire(individuals.read(db, identifier))}


def _list(kit: Kit, offset: int, limit: int) -> dict[str, Any]:
    with kit.records.transaction() as db:
        rows = individuals.list_all(db, offset, limit)
    return {"individuals": [individuals.individual_on_the_wire(row) for row in rows]}
