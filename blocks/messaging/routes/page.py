"""The inbox page, opened by a link, its e-mails as files, and everybody's e-mails for a mail sink."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from blockkit.app import Kit
from blockkit.clock import machine_now
from blockkit.problems import Problem
from blocks.messaging import pages
from blocks.messaging.delivery import emails_after, newest_before, read_emails, read_message
from blocks.messaging.letters import write, write_mailbox
from blocks.messaging.links import person_behind
from blocks.messaging.routes.text import Name

PAGE_LENGTH = 30
Short = Annotated[Name | None, Query(max_length=200)]


def make_router(kit: Kit) -> APIRouter:
    """Give the routes."""
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

    @router.get("/inbox-page/e-mail", response_class=Response)
    def take(link: Short = None, message: Short = None) -> Response:
        try:
            with kit.records.transaction() as db:
                found = read_emails(db, person_behind(db, link or "", machine_now()), message)
        except Problem as problem:
            return pages.refuse(problem.detail, sandbox=sandbox, status=problem.status)
        if message is None:
            return _as_file(write_mailbox(found), "application/mbox", "inbox.mbox")
        return _as_file(write(found[0]).as_bytes(), "message/rfc822", f"{found[0]['message_id']}.eml")

    @router.get("/e-mails")
    def listing(
        since: Annotated[int, Query(ge=0, lt=2**63)] = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> dict[str, Any]:
        with kit.records.transaction() as db:
            found = emails_after(db, since, limit)
        emails = [
            {"number": each["arrival"], "messageAsBase64": b64encode(write(each).as_bytes()).decode()}
            for each in found
        ]
        return {"count": len(emails), "last": found[-1]["arrival"] if found else since, "emails": emails}

    return router


def _as_file(content: bytes, kind: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=kind, headers=headers)
