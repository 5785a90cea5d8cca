"""The page under `/statements`: a person logs in with identity and reads their own accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from blockkit.app import Kit
from blockkit.problems import Problem
from blockkit.signin import SignIn, Visitor
from blocks.payee_institutions.books import accounts_of, read_statement
from blocks.payee_institutions.pages import HOME, Pages

Seal = Annotated[str, Form(max_length=100, min_length=1, pattern=r"^[^\x00-\x1f]+$")]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix=HOME)
    sign_in = SignIn(kit, "Your accounts", HOME)
    pages = Pages(sign_in.address, sign_in.origin, kit.settings.sandbox_id)
    can_log_in = not kit.settings.standalone

    def for_person(request: Request, show: Callable[[Visitor], Response]) -> Response:
        if not can_log_in:
            return pages.welcome(can_log_in=False)
        visitor = None
        try:
            visitor = sign_in.visitor(request)
            if visitor is None:
                return pages.welcome(can_log_in=True)
            return show(visitor)
        except Problem as problem:
            return pages.refuse(visitor, problem.detail, problem.status)

    @router.get("")
    def home(request: Request) -> Response:
        def show(visitor: Visitor) -> Response:
            with kit.records.transaction() as db:
                held = accounts_of(db, visitor.caller.individual_id)
                return pages.statements(visitor, [read_statement(db, each, None, None) for each in held])

        return for_person(request, show)

    @router.get("/login")
    def begin_log_in() -> Response:
        if not can_log_in:
            return pages.welcome(can_log_in=False)
        try:
            return sign_in.begin(HOME)
        except Problem as problem:
            return pages.refuse(None, problem.detail, problem.status)

    @router.get("/back")
    def finish_log_in(request: Request) -> Response:
        try:
            return sign_in.finish(request)
        except Problem as problem:
            return pages.refuse(None, problem.detail, problem.status)

    @router.post("/logout")
    def log_out(request: Request, seal: Seal) -> Response:
        def leave(visitor: Visitor) -> Response:
            visitor.require_seal(seal)
            return sign_in.leave()

        return for_person(request, leave)

    return router
