"""Changes to a registry. Its other writers wait meanwhile, so what was checked still holds when written."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from blockkit.app import Kit
from blocks.digital_registries import entries
from blocks.digital_registries.definitions import Registry, find_registry
from blocks.digital_registries.entries import transaction
from blocks.digital_registries.routes.wire import Code, QueryAndWriteBody, Version, WriteBody


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/data/{registryName}/{versionNumber}")

    @router.post("/create")
    def create(code: Code, version: Version, body: WriteBody) -> dict[str, Any]:
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version, lock=True)
            return {"content": entries.create(db, registry, body.write.content).content}

    @router.put("/update")
    def update(code: Code, version: Version, body: QueryAndWriteBody) -> dict[str, Any]:
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version, lock=True)
            entry = entries.find_the_one(db, registry, _query(registry, body))
            if entry is None:
                raise entries.no_record()
            return {"content": entries.change(db, registry, entry, body.write.content).content}

    @router.put("/updateEntries")
    def update_entries(code: Code, version: Version, body: QueryAndWriteBody) -> dict[str, int]:
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version, lock=True)
            query = _query(registry, body)
            return {"count": entries.change_all(db, registry, query, body.write.content)}

    @router.post("/updateOrCreate")
    def update_or_create(code: Code, version: Version, body: QueryAndWriteBody) -> dict[str, Any]:
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version, lock=True)
            entry = entries.find_the_one(db, registry, _query(registry, body))
            if entry is None:
                return {"content": entries.create(db, registry, body.write.content).content}
            return {"content": entries.change(db, registry, entry, body.write.content).content}

    @router.delete("/{ID}/delete", status_code=204)
    def delete(code: Code, version: Version, ID: str) -> Response:  # noqa: N803  the contract's name
        with transaction(kit.records) as db:
            entries.delete(db, find_registry(db, code, version, lock=True), ID)
        return Response(status_code=204)

    return router


def _query(registry: Registry, body: QueryAndWriteBody) -> dict[str, Any]:
    """Give the query; without one the record is meant whose id stands in what is written."""
    if body.query is not None:
        return body.query.content
    key = registry.primary_key
    return {key: body.write.content[key]} if key in body.write.content else {}
