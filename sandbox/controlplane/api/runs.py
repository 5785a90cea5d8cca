"""Runs: ask for one, follow it, read its evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from sandbox.controlplane.access import AskedBy, Builder
from sandbox.controlplane.api.sandboxes import Key, Most
from sandbox.controlplane.api.views import Page, RunView
from sandbox.controlplane.orders import order_run
from sandbox.controlplane.plane import Plane
from sandbox.controlplane.stream import follow
from sandbox.errors import NotFound, UsageError
from sandbox.model.asking import RunAsked
from sandbox.store import wishes
from sandbox.store.schema import RunRow

EVIDENCE_POLICY = (
    "sandbox allow-popups allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)
"""A page of evidence holds what products answered: it gets no origin and no script of ours."""
_SHOWN = {".html": "text/html", ".json": "application/json", ".svg": "image/svg+xml", ".xml": "text/xml"}


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["runs"])

    @router.post("/runs", status_code=202)
    def start(asked: RunAsked, caller: Builder, response: Response, key: Key = "") -> RunView:
        """Ask for a run of a scenario. Its events say how far it is, its evidence what came of it."""
        view = RunView.of(order_run(plane, caller, asked, key))
        response.headers["location"] = view.links["self"]
        return view

    @router.get("/runs")
    def list_all(caller: AskedBy, after: str = "", most: Most = 50) -> Page[RunView]:
        """List yours, the newest first; an admin sees everybody's."""
        before = _read_time(after) if after else None
        with plane.store.session() as session:
            rows = wishes.list_runs(session, caller.sees, before=before, most=most)
        return Page(
            items=tuple(RunView.of(row) for row in rows),
            next=rows[-1].created.isoformat() if len(rows) == most else None,
        )

    @router.get("/runs/{run}")
    def read(run: str, caller: AskedBy) -> RunView:
        """See one."""
        return RunView.of(find_run(plane, run, caller.sees))

    @router.get("/runs/{run}/events", response_class=Response)
    def events(run: str, caller: AskedBy, request: Request) -> Response:
        """Follow its steps, as server-sent events; ends with the verdict."""
        return follow(plane, request, find_run(plane, run, caller.sees).id, is_over(plane, run))

    @router.get("/runs/{run}/evidence/{path:path}", response_class=FileResponse)
    def evidence(run: str, path: str, caller: AskedBy) -> FileResponse:
        """Read a file of its evidence."""
        return show_evidence(plane, find_run(plane, run, caller.sees), path)

    return router


def find_run(plane: Plane, run: str, owner: str | None) -> RunRow:
    """Find a run. Raises NotFound."""
    with plane.store.session() as session:
        return wishes.find_run(session, run, owner)


def is_over(plane: Plane, run: str) -> Callable[[], bool]:
    """Give what says whether nothing more can come of a run."""

    def look() -> bool:
        with plane.store.session() as session:
            row = session.get(RunRow, run)
            return row is None or row.state in ("ended", "failed")

    return look


def show_evidence(plane: Plane, row: RunRow, path: str) -> FileResponse:
    """Give a file of a run's evidence and nothing beside it. Raises NotFound."""
    folder = (plane.settings.runs / row.folder).resolve() if row.folder else None
    wanted = (folder / path).resolve() if folder and "\0" not in path else None
    if folder is None or wanted is None or not wanted.is_relative_to(folder) or not wanted.is_file():
        raise NotFound(
            f"run {row.id!r} has no such file in its evidence", hint="index.html is the page to begin with"
        )
    kind = _SHOWN.get(wanted.suffix)
    return FileResponse(
        wanted,
        media_type=kind or "text/plain; charset=utf-8",
        filename=None if kind else Path(path).name,
        headers={"content-security-policy": EVIDENCE_POLICY},
    )


def _read_time(said: str) -> datetime:
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        raise UsageError(f"after {said[:40]!r} is no time", hint="use what the list gave as `next`") from None
