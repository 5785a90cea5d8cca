"""Changes to a registry, in both dialects.

Its other writers wait meanwhile, so what was checked still holds when it is written.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from blockkit.app import Kit
from blocks.digital_registries import writes
from blocks.digital_registries.changes import Asker, Change
from blocks.digital_registries.definitions import Registry, find_registry
from blocks.digital_registries.entries import as_query, transaction
from blocks.digital_registries.routes.wire import (
    UNKNOWN,
    Authorization,
    Client,
    Code,
    QueryAndWriteBody,
    Version,
    WriteBody,
    asker,
)
from blocks.digital_registries.usages import note


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/data/{registryName}/{versionNumber}")

    @router.post("/create")
    def create(
        code: Code,
        version: Version,
        body: WriteBody,
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        who = asker(kit, client, authorization)
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version, lock=True)
            wanted = Change("create", {}, registry.spell_all(body.write.content), who)
            return {"content": writes.create(db, registry, wanted).content}

    @router.put("/update")
    def update(
        code: Code,
        version: Version,
        body: QueryAndWriteBody,
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        who = asker(kit, client, authorization)
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version, lock=True)
            entry = writes.update(db, registry, _change("update", registry, body, who))
            note(db, registry, [entry], "update", who)
            return {"content": entry.content}

    @router.put("/updateEntries")
    @router.put("/update-entries")
    def update_entries(
        code: Code,
        version: Version,
        body: QueryAndWriteBody,
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> dict[str, int]:
        who = asker(kit, client, authorization)
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version, lock=True)
            change = _change("updateEntries", registry, body, who)
            return {"count": writes.update_entries(db, registry, change)}

    @router.post("/updateOrCreate")
    @router.post("/update-or-create")
    def update_or_create(
        code: Code,
        version: Version,
        body: QueryAndWriteBody,
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        who = asker(kit, client, authorization)
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version, lock=True)
            change = _change("updateOrCreate", registry, body, who)
            entry, was_there = writes.update_or_create(db, registry, change)
            if was_there:
                note(db, registry, [entry], "updateOrCreate", who)
            return {"content": entry.content}

    @router.delete("/{ID}/delete", status_code=204)
    def delete(
        code: Code,
        version: Version,
        ID: str,  # noqa: N803  the contract's name
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> Response:
        who = asker(kit, client, authorization)
        with transaction(kit.records) as db:
            writes.delete(db, find_registry(db, code, version, lock=True), ID, who)
        return Response(status_code=204)

    return router


def _change(operation: str, registry: Registry, body: QueryAndWriteBody, who: Asker) -> Change:
    """Give the change; without a query the record is meant whose id stands in what is written."""
    write = registry.spell_all(body.write.content)
    key = registry.primary_key
    if body.query is not None:
        return Change(operation, as_query(registry, body.query.content), write, who)
    return Change(operation, {key: write[key]} if key in write else {}, write, who)
