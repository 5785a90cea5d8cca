"""Documents are uploaded one request at a time, and read by their owner and the service's officers."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from blockkit.app import Kit
from blockkit.problems import Problem
from blocks.registration import documents
from blocks.registration.documents import LARGEST, Upload
from blocks.registration.people import require_own
from blocks.registration.routes.wire import VISIBLE, Authorization
from blocks.registration.services import find_service

MOST_FILES = 5
LARGEST_BODY = MOST_FILES * LARGEST + 64 * 1024
Metadata = Annotated[str, Query(alias="additionalMetadata", max_length=60, pattern=VISIBLE)]
DocumentId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


def make_router(kit: Kit) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.post("/documents")
    async def upload_document(
        request: Request, metadata: Metadata = "", authorization: Authorization = None
    ) -> dict[str, Any]:
        caller = await run_in_threadpool(kit.access.caller, authorization)
        async with limited(request).form(max_files=MOST_FILES, max_fields=100) as form:
            uploads = await read_uploads(form)
        return await run_in_threadpool(_keep, caller.individual_id, metadata, uploads)

    def _keep(owner: str, metadata: str, uploads: list[Upload]) -> dict[str, Any]:
        with kit.records.transaction() as db:
            kept = [documents.keep(db, owner, metadata, each, kit.clock.today()) for each in uploads]
        return {
            "code": 200,
            "type": kept[0]["media_type"],
            "message": f"{len(kept)} kept" if len(kept) > 1 else "kept",
            "url": documents.locate(kept[0]),
        }

    @router.get("/documents/{document}")
    def read_document(document: DocumentId, authorization: Authorization = None) -> Response:
        caller = kit.access.caller(authorization)
        with kit.records.transaction() as db:
            row = documents.find(db, document, content=True)
            officers = [
                find_service(db, each).roles.officer for each in documents.services_of(db, row["document"])
            ]
        if not caller.may_act_as(*officers):
            require_own(caller, row["owner"])
        return serve(row)

    return router


def serve(row: dict[str, Any]) -> Response:
    """Give a document's content so that a browser never takes it for a page of ours."""
    return Response(
        row["content"],
        media_type=row["media_type"],
        headers={
            "Content-Disposition": f'attachment; filename="{row["document"]}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


async def read_uploads(form: FormData) -> list[Upload]:
    """Read the files of a form. Raises Problem 400 without any."""
    uploads = [
        Upload(value.filename or "", await value.read())
        for _, value in form.multi_items()
        if isinstance(value, UploadFile)
    ]
    # The published contract writes a file as text; a sender who takes it at its word has no file name.
    uploads += [
        Upload("", value.encode())
        for name, value in form.multi_items()
        if name == "file" and isinstance(value, str)
    ]
    if not uploads:
        raise Problem(400, "document-missing", "the body is no multipart form with a file")
    return uploads


def limited(request: Request) -> Request:
    """Give the request with a body that is cut off once it is longer than any that we take."""
    taken = 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise Problem(413, "document-too-large", f"a request has at most {LARGEST_BODY} bytes")
        return message

    return Request(request.scope, receive)
