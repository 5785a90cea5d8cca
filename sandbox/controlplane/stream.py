"""What happens, as it happens: server-sent events that a reader can take up again where it left off.

The number of a happening is its event's id, so a browser that comes back sends `Last-Event-ID` and
misses nothing. The stream ends when nothing more can come; a comment every few seconds keeps it open.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from sandbox.controlplane.plane import Plane
from sandbox.errors import UsageError
from sandbox.store import journal
from sandbox.store.schema import Happening

LOOK_EVERY = 0.4
"""Seconds."""
COMMENT_EVERY = 10.0
RETRY_AFTER = 2_000
"""Milliseconds after which a browser comes back."""


def follow(plane: Plane, request: Request, subject: str, is_over: Callable[[], bool]) -> StreamingResponse:
    """Stream what happened to a subject since the number the reader names; `is_over` says when to end."""
    since = read_position(request)

    def look(number: int) -> tuple[Sequence[Happening], bool]:
        over = is_over()  # before reading: what is told last must not be missed
        with plane.store.session() as session:
            return journal.heard_since(session, subject, number), over

    async def events() -> AsyncIterator[str]:
        number, quiet = since, 0.0
        yield f"retry: {RETRY_AFTER}\n\n"
        while not await request.is_disconnected():
            heard, over = await run_in_threadpool(look, number)
            for each in heard:
                number, quiet = each.number, 0.0
                yield write_event(each)
            if over and not heard:
                yield f"event: end\nid: {number}\ndata: {{}}\n\n"
                return
            if quiet >= COMMENT_EVERY:
                quiet = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(LOOK_EVERY)
            quiet += LOOK_EVERY

    return StreamingResponse(events(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def read_position(request: Request) -> int:
    """Read how far the reader had come. Raises UsageError."""
    said = request.headers.get("last-event-id") or request.query_params.get("since") or "0"
    if not said.isdecimal() or len(said) > 18:
        raise UsageError(f"Last-Event-ID {said[:40]!r} is no number", hint="send the id of the last event")
    return int(said)


def write_event(happening: Happening) -> str:
    """Write one event; a line break in a value is escaped by JSON."""
    data = json.dumps({"at": happening.at.isoformat(), **happening.told}, ensure_ascii=False)
    return f"id: {happening.number}\nevent: {happening.kind}\ndata: {data}\n\n"
