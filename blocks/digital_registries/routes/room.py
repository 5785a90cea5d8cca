"""The reading room: a registrar looks into a register in a browser, and is written down as its reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from blockkit.app import Kit
from blockkit.doors import Doors
from blockkit.logs import current_exchange
from blockkit.problems import Problem
from blockkit.records import Connection
from blockkit.settings import INSTANCE
from blockkit.signin import SignIn, Visitor
from blocks.digital_registries.changes import Asker
from blocks.digital_registries.definitions import Registry, find_registry
from blocks.digital_registries.designs import list_designs
from blocks.digital_registries.entries import find_named, no_record, transaction
from blocks.digital_registries.listing import Page, list_entries
from blocks.digital_registries.pages import HOME, PAGE_SIZE, Room
from blocks.digital_registries.routes.wire import ROLE, Code, Version
from blocks.digital_registries.usages import latest_usages, note

Show = Callable[[Visitor, Asker], Response]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix=HOME)
    sign_in = SignIn(kit, "Registers", HOME)
    room = Room(sign_in.address, sign_in.origin, kit.settings.sandbox_id)
    Doors(sign_in, room).add_to(router)

    def see(request: Request, show: Show) -> Response:
        """Show a page to a registrar, and send somebody unknown to the log-in."""
        visitor = sign_in.visitor(request)
        if visitor is None:
            return RedirectResponse(f"{room.address}{HOME}/login", 303)
        if not visitor.caller.may_act_as(ROLE):
            return room.refuse(
                visitor, "Only registrars read here. Ask for your own data as its subject.", 403
            )
        who = Asker(
            f"{INSTANCE}/{kit.slug}", visitor.caller.individual_id, current_exchange.get(), kit.clock.now()
        )
        try:
            return show(visitor, who)
        except Problem as problem:
            return room.refuse(visitor, problem.detail, problem.status)

    @router.get("")
    def show_registers(request: Request) -> Response:
        if sign_in.visitor(request) is None:
            return room.welcome()

        def show(visitor: Visitor, _: Asker) -> Response:
            with kit.records.transaction() as db:
                rows = list_designs(db)
            open_ones = [row for row in rows if row["in_use"] and not (row["is_draft"] or row["is_disabled"])]
            return room.registers(visitor, open_ones)

        return see(request, show)

    @router.get("/{registryName}/{versionNumber}")
    def show_register(
        request: Request,
        code: Code,
        version: Version,
        search: Annotated[str, Query(max_length=200)] = "",
        field: Annotated[str, Query(max_length=60)] = "",
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
    ) -> Response:
        def show(visitor: Visitor, who: Asker) -> Response:
            with transaction(kit.records) as db:
                registry = find_registry(db, code, version)
                found = None
                if search.strip() or registry.subject is None:
                    wanted = Page(search=search.strip(), within=field, page=page, page_size=PAGE_SIZE)
                    found = list_entries(db, registry, wanted)
                    note(db, registry, found.entries, "list", who)
                name = _name(db, registry)
            asked = {"search": search, "field": field}
            return room.register(visitor, registry, name, asked, found, page)

        return see(request, show)

    @router.get("/{registryName}/{versionNumber}/record")
    def show_record(
        request: Request,
        code: Code,
        version: Version,
        record_id: Annotated[str, Query(alias="id", max_length=200)],
    ) -> Response:
        def show(visitor: Visitor, who: Asker) -> Response:
            with transaction(kit.records) as db:
                registry = find_registry(db, code, version)
                entry = find_named(db, registry, record_id)
                if entry is None:
                    raise no_record()
                note(db, registry, [entry], "read", who)
                person = entry.content.get(registry.subject) if registry.subject else None
                readers = latest_usages(db, person, registry.code) if person else None
                return room.record(visitor, registry, _name(db, registry), entry, readers)

        return see(request, show)

    return router


def _name(db: Connection, registry: Registry) -> str:
    row = db.execute("SELECT name FROM catalogs WHERE code = %s", [registry.code]).fetchone()
    return row["name"] if row else registry.code
