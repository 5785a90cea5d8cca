"""The page under `/statements`: a person logs in with identity and reads their own accounts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from blockkit.app import Kit
from blockkit.doors import Doors
from blockkit.signin import SignIn, Visitor
from blocks.payee_institutions.books import accounts_of, read_statement
from blocks.payee_institutions.pages import HOME, Pages


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix=HOME)
    sign_in = SignIn(kit, "Your accounts", HOME)
    pages = Pages(sign_in.address, sign_in.origin, kit.settings.sandbox_id)
    doors = Doors(sign_in, pages)
    doors.add_to(router)

    @router.get("")
    def home(request: Request) -> Response:
        def show(visitor: Visitor) -> Response:
            with kit.records.transaction() as db:
                held = accounts_of(db, visitor.caller.individual_id)
                return pages.statements(visitor, [read_statement(db, each, None, None) for each in held])

        return doors.for_person(request, show)

    return router
