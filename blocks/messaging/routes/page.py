"""The inbox page, opened by a link."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from blockkit.app import Kit
from blockkit.clock import machine_now
from blockkit.problems import Problem
from blocks.messaging import pages
from blocks.messaging.delivery import newest_before, read_message
from blocks.messaging.links import person_behind
from blocks.messaging.routes.text import Name

PAGE_LENGTH = 30
Short = Annotated[Name | None, Query(max_length=200)]


def make_router(kit: Kit) -> APIRouter:
    """Give the route."""
    router = APIRouter()
    sandbox = kit.settings.sandbox_id

    @router.get("/inbox-page")
    def show(
        link: Short = None, message: Short = None, before: Annotated[int | None, Query(ge=0, lt=2**63)] = None
    ) -> HTMLResponse:
        code = link or ""
        try:
            with kit.records.transaction() as db:
                person = person_behind(db, code, machine_now())
                if message is not None:
                    found = read_message(db, person, message)
                    return pages.show_message(person, found, code, sandbox=sandbox)
                listed = newest_before(db, person, before, PAGE_LENGTH + 1)
        except Problem as problem:
            return pages.refuse(problem.detail, sandbox=sandbox, status=problem.status)
        more = len(listed) > PAGE_LENGTH
        return pages.show_list(person, listed[:PAGE_LENGTH], code, more=more, sandbox=sandbox)

    return router
