"""The pages: what there is to try, one's sandboxes and runs, each with what happens now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from sandbox.controlplane.access import AskedBy, NotAllowed
from sandbox.controlplane.api.content import blueprint, packs, whole_scenario
from sandbox.controlplane.api.runs import find_run
from sandbox.controlplane.console.forms import FormBy, FormByBuilder
from sandbox.controlplane.console.rendering import TOKENS, render
from sandbox.controlplane.console.topology import look_at, pages_of
from sandbox.controlplane.orders import order_change, order_run, order_sandbox
from sandbox.controlplane.plane import Plane
from sandbox.controlplane.proxy.app import ticket_link
from sandbox.controlplane.proxy.tickets import make_ticket
from sandbox.errors import NotFound
from sandbox.model.asking import People, RunAsked, SandboxAsked
from sandbox.runtime import runtime_names
from sandbox.store import journal, wishes, workshops
from sandbox.store.jobs import Job

Said = Annotated[str, Form(max_length=200)]
Number = Annotated[int, Form()]
LEASE_SECONDS = 8 * 3600
"""Of a sandbox that is started on a page: a working day."""
_CHANGES = {"remove": Job.REMOVE, "reset": Job.RESET}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the form of a scenario says, whichever of its buttons is pressed."""

    scenario: str
    runtime: str
    people: People
    key: str


def read_choice(
    scenario: Said, pack: Said, size: Number, seed: Number, runtime: Said, key: Said = ""
) -> Choice:
    """Read the form of a scenario."""
    return Choice(scenario, runtime, People(pack=pack, size=size, seed=seed), key)


Chosen = Annotated[Choice, Depends(read_choice)]


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(include_in_schema=False)
    _content(router, plane)
    _sandboxes(router, plane)
    _runs(router, plane)
    return router


def _content(router: APIRouter, plane: Plane) -> None:
    @router.get("/tokens.css")
    def tokens() -> Response:
        return FileResponse(TOKENS, media_type="text/css", headers={"cache-control": "max-age=3600"})

    @router.get("/")
    def scenarios(request: Request, caller: AskedBy) -> Response:
        found = [plane.catalog.scenario(slug) for slug in plane.catalog.scenario_slugs()]
        return render(request, "scenarios.html.j2", caller=caller, scenarios=found)

    @router.get("/scenarios/{slug}")
    def scenario(slug: str, request: Request, caller: AskedBy) -> Response:
        return render(
            request,
            "scenario.html.j2",
            caller=caller,
            scenario=whole_scenario(plane, slug),
            blueprint=blueprint(plane, slug),
            packs=packs(plane),
            runtimes=runtime_names(),
            usual=plane.settings.runtime,
        )


def _sandboxes(router: APIRouter, plane: Plane) -> None:
    @router.get("/sandboxes")
    def sandboxes(request: Request, caller: AskedBy) -> Response:
        with plane.store.session() as session:
            rows = wishes.list_sandboxes(session, caller.sees, most=200)
        return render(request, "sandboxes.html.j2", caller=caller, sandboxes=rows)

    @router.post("/sandboxes")
    def start(caller: FormByBuilder, said: Chosen) -> Response:
        asked = SandboxAsked(
            scenario=said.scenario, runtime=said.runtime, people=said.people, lease_seconds=LEASE_SECONDS
        )
        row = order_sandbox(plane, caller, asked, said.key)
        return RedirectResponse(f"/sandboxes/{row.name}", status_code=303)

    @router.get("/sandboxes/{name}")
    def sandbox(name: str, request: Request, caller: AskedBy) -> Response:
        with plane.store.session() as session:
            row = wishes.find_sandbox(session, name, caller.sees)
            heard = journal.newest(session, row.id)
            seat = workshops.seat_of(session, caller.id)
        return render(
            request,
            "sandbox.html.j2",
            caller=caller,
            sandbox=row,
            seat=seat,
            heard=heard,
            since=heard[-1].number if heard else 0,
            instances=look_at(plane, row),
            opened=pages_of(plane, row),
        )

    @router.get("/sandboxes/{name}/pages/{path:path}")
    def open_page(name: str, path: str, request: Request, caller: AskedBy) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise NotAllowed("a block's page is opened from the console")
        with plane.store.session() as session:
            row = wishes.find_sandbox(session, name, caller.sees)
        proxied = str(request.base_url.replace(port=plane.rules.pages_port)).rstrip("/")
        ticket = make_ticket(plane, caller, row)
        to = f"public/{path}?{request.url.query}" if request.url.query else f"public/{path}"
        return RedirectResponse(ticket_link(proxied, name, ticket, to), status_code=303)

    @router.post("/sandboxes/{name}/{change}")
    def change(name: str, change: str, caller: FormBy) -> Response:
        if change not in _CHANGES:
            raise NotFound(f"a page can't {change[:40]} a sandbox", hint=f"it can: {', '.join(_CHANGES)}")
        order_change(plane, caller, name, _CHANGES[change])
        return RedirectResponse("/sandboxes" if change == "remove" else f"/sandboxes/{name}", status_code=303)


def _runs(router: APIRouter, plane: Plane) -> None:
    @router.get("/runs")
    def runs(request: Request, caller: AskedBy) -> Response:
        with plane.store.session() as session:
            rows = wishes.list_runs(session, caller.sees, most=200)
        return render(request, "runs.html.j2", caller=caller, runs=rows)

    @router.post("/runs")
    def start(caller: FormByBuilder, said: Chosen) -> Response:
        asked = RunAsked(scenario=said.scenario, runtime=said.runtime, people=said.people)
        row = order_run(plane, caller, asked, said.key)
        return RedirectResponse(f"/runs/{row.id}", status_code=303)

    @router.get("/runs/{run}")
    def run(run: str, request: Request, caller: AskedBy) -> Response:
        row = find_run(plane, run, caller.sees)
        with plane.store.session() as session:
            heard = journal.newest(session, row.id)
        title = plane.catalog.scenario(row.scenario).story.title
        since = heard[-1].number if heard else 0
        return render(request, "run.html.j2", caller=caller, run=row, title=title, heard=heard, since=since)
