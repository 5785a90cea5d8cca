"""Questions to a registry, in both dialects. Whoever learns something about a person is written down."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.digital_registries.crosscheck import Question, find_unmatched
from blocks.digital_registries.definitions import find_registry
from blocks.digital_registries.entries import (
    as_query,
    find_entries,
    find_entry,
    find_named,
    no_record,
    transaction,
)
from blocks.digital_registries.listing import Page, list_entries
from blocks.digital_registries.routes.wire import (
    UNKNOWN,
    Authorization,
    Client,
    Code,
    QueryBody,
    UnmatchedBody,
    Version,
    asker,
)
from blocks.digital_registries.usages import note

PREFIX = "query."
PAGES = 100_000
Segment = Annotated[str, Query(min_length=1, max_length=60)]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/data/{registryName}/{versionNumber}")

    @router.get("")
    def list_records(
        request: Request,
        code: Code,
        version: Version,
        search: Annotated[str | None, Query(max_length=200)] = None,
        within: Annotated[str | None, Query(alias="filter", max_length=60)] = None,
        ordering: Segment = "ascending",
        page: Annotated[int, Query(ge=1, le=PAGES)] = 1,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=10_000)] = 100,
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        who = asker(kit, client, authorization)
        query: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name.startswith(PREFIX):
                query.setdefault(name.removeprefix(PREFIX), value)  # a repeated one takes its first value
        wanted = Page(
            query=query, search=search, within=within, ordering=ordering, page=page, page_size=page_size
        )
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version)
            listed = list_entries(db, registry, wanted)
            note(db, registry, listed.entries, "list", who)
        others: dict[str, str] = {}  # the published definition has no null where there is no other page
        if page * page_size < listed.count:
            others["next"] = _link(request, page + 1)
        if page > 1:
            others["previous"] = _link(request, page - 1)
        return {"count": listed.count, **others, "results": [entry.content for entry in listed.entries]}

    @router.post("/exists")
    def exists(
        code: Code,
        version: Version,
        body: QueryBody,
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        who = asker(kit, client, authorization)
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version)
            found = find_entries(db, registry, as_query(registry, body.query.content))
            note(db, registry, found, "exists", who)
        message = "Object found from database" if found else "Object not found from database"
        return {"answer": {"status": bool(found), "message": message}}

    @router.post("/unmatched")
    def list_unmatched(
        code: Code,
        version: Version,
        body: UnmatchedBody,
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        who = asker(kit, client, authorization)
        question = Question(
            on=body.on,
            query=body.query.content if body.query else {},
            other_query=body.other.query.content if body.other.query else {},
            most=body.most,
        )
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version)
            other = find_registry(db, body.other.registryName, body.other.versionNumber)
            count, found = find_unmatched(db, registry, other, question)
            note(db, registry, found, "unmatched", who)
        return {"count": count, "results": [entry.content for entry in found]}

    @router.post("/read")
    def read(
        code: Code,
        version: Version,
        body: QueryBody,
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        who = asker(kit, client, authorization)
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version)
            entry = find_entry(db, registry, as_query(registry, body.query.content))
            note(db, registry, [entry], "read", who)
        return {"content": entry.content}

    @router.get("/{uuid}/readValue/{field}.{ext}")
    @router.get("/{uuid}/read-value/{field}.{ext}")
    def read_value(
        code: Code,
        version: Version,
        uuid: str,
        field: str,
        ext: str,
        client: Client = UNKNOWN,
        authorization: Authorization = None,
    ) -> dict[str, Any]:
        who = asker(kit, client, authorization)
        if ext != "json":
            raise Problem(400, "no-such-format", "values are given as json")
        with transaction(kit.records) as db:
            registry = find_registry(db, code, version)
            entry, name = find_named(db, registry, uuid), registry.spell(field)
            if entry is None or name not in entry.content:
                raise no_record()
            note(db, registry, [entry], "readValue", who)
        return {"value": entry.content[name]}

    return router


def _link(request: Request, page: int) -> str:
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "page"]
    return f"{request.url.path}?{urlencode([*others, ('page', page)])}"
