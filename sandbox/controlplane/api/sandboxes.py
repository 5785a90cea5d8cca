"""Sandboxes: ask for one, see how far it is, change it, remove it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field, StringConstraints

from sandbox.bootstrap import find_tools, make_all_tools
from sandbox.controlplane.access import AskedBy, Builder
from sandbox.controlplane.api.views import ChangeView, Page, SandboxView, View
from sandbox.controlplane.orders import extend, find_own, order_change, order_sandbox
from sandbox.controlplane.plane import Plane
from sandbox.controlplane.stream import follow
from sandbox.errors import NotFound, StateConflict
from sandbox.lifecycle.checkpoints import list_checkpoints
from sandbox.lifecycle.service import Listed, adopt, list_all
from sandbox.model.asking import SandboxAsked
from sandbox.model.block import Frozen
from sandbox.store import wishes
from sandbox.store.jobs import Job
from sandbox.store.schema import SandboxRow

Key = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]
Most = Annotated[int, Query(ge=1, le=200, alias="limit")]


class CheckpointAsked(Frozen):
    """A checkpoint to be kept."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class Longer(Frozen):
    """How much longer a sandbox is to live."""

    seconds: int = Field(ge=60, le=30 * 86_400)


class Checkpoint(View):
    """A state that was kept."""

    name: str
    kept: str


class Access(View):
    """How to reach the blocks of a sandbox, from the machine it runs on."""

    name: str
    url: str
    token: str


class Lines(View):
    """Newest lines of an instance's log."""

    instance: str
    lines: tuple[str, ...]


def make_router(plane: Plane) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["sandboxes"])
    _ask_and_see(router, plane)
    _change(router, plane)
    _look_inside(router, plane)
    return router


def _ask_and_see(router: APIRouter, plane: Plane) -> None:
    @router.post("/sandboxes", status_code=202)
    def start(asked: SandboxAsked, caller: Builder, response: Response, key: Key = "") -> SandboxView:
        """Ask for a sandbox. It is there when its state is `running`; its events say how far it is."""
        view = SandboxView.of(order_sandbox(plane, caller, asked, key))
        response.headers["location"] = view.links["self"]
        return view

    @router.get("/sandboxes")
    def list_mine(
        caller: AskedBy, after: str = "", most: Most = 50, world: bool = False
    ) -> Page[SandboxView]:
        """List yours, by name; an admin sees everybody's. With `world`, also what their runtime says now."""
        with plane.store.session() as session:
            rows = wishes.list_sandboxes(session, caller.sees, after=after, most=most)
        seen = look_at_world(plane) if world else {}
        return Page(
            items=tuple(SandboxView.of(row, seen.get(row.name)) for row in rows),
            next=rows[-1].name if len(rows) == most else None,
        )

    @router.get("/sandboxes/{name}")
    def read(name: str, caller: AskedBy) -> SandboxView:
        """See one."""
        return SandboxView.of(_find(plane, name, caller.sees))

    @router.get("/sandboxes/{name}/events", response_class=Response)
    def events(name: str, caller: AskedBy, request: Request) -> Response:
        """Follow what happens to it, as server-sent events; ends when it is removed."""
        row = _find(plane, name, caller.sees)
        return follow(plane, request, row.id, _is_gone(plane, row.id))


def _change(router: APIRouter, plane: Plane) -> None:
    @router.delete("/sandboxes/{name}", status_code=202)
    def remove(name: str, caller: AskedBy) -> ChangeView:
        """Take it down; nothing of it is left when its state is `removed`."""
        return ChangeView.of_order(order_change(plane, caller, name, Job.REMOVE))

    @router.post("/sandboxes/{name}/reset", status_code=202)
    def reset(name: str, caller: AskedBy) -> ChangeView:
        """Put it back to how it was seeded."""
        return ChangeView.of_order(order_change(plane, caller, name, Job.RESET))

    @router.post("/sandboxes/{name}/lease")
    def live_longer(name: str, longer: Longer, caller: AskedBy) -> SandboxView:
        """Put its end off."""
        return SandboxView.of(extend(plane, caller, name, timedelta(seconds=longer.seconds)))

    @router.post("/sandboxes/{name}/checkpoints", status_code=202)
    def save(name: str, asked: CheckpointAsked, caller: AskedBy) -> ChangeView:
        """Keep the state of all its blocks under a name."""
        detail = {"checkpoint": asked.name}
        return ChangeView.of_order(order_change(plane, caller, name, Job.SAVE, detail))

    @router.post("/sandboxes/{name}/checkpoints/{checkpoint}/restore", status_code=202)
    def restore(name: str, checkpoint: str, caller: AskedBy) -> ChangeView:
        """Bring a kept state back."""
        detail = {"checkpoint": checkpoint}
        return ChangeView.of_order(order_change(plane, caller, name, Job.RESTORE, detail))


def _look_inside(router: APIRouter, plane: Plane) -> None:
    @router.get("/sandboxes/{name}/checkpoints")
    def checkpoints(name: str, caller: AskedBy) -> Page[Checkpoint]:
        """List the states that were kept, the oldest first."""
        row = _find_running(plane, name, caller.sees)
        kept = list_checkpoints(find_tools(plane.settings, row.name, None), row.name)
        return Page(
            items=tuple(Checkpoint(name=each["name"], kept=str(each.get("today", ""))) for each in kept)
        )

    @router.get("/sandboxes/{name}/access")
    def access(name: str, caller: AskedBy) -> Access:
        """Say how to reach its blocks: where, and with which secret."""
        with plane.store.session() as session:
            find_own(session, caller, name)  # the secret opens the controls as well
        row = _find_running(plane, name, caller.sees)
        running = adopt(find_tools(plane.settings, row.name, None), row.name)
        return Access(name=row.name, url=running.site.public_url, token=running.secrets.token)

    @router.get("/sandboxes/{name}/logs/{instance}")
    def logs(
        name: str, instance: str, caller: AskedBy, tail: Annotated[int, Query(ge=1, le=2000)] = 100
    ) -> Lines:
        """Read the newest lines of one instance's log."""
        row = _find_running(plane, name, caller.sees)
        tools = find_tools(plane.settings, row.name, None)
        known = adopt(tools, row.name).instances
        if instance not in known:
            raise NotFound(f"sandbox {name!r} has no {instance!r}", hint=f"it has: {', '.join(known)}")
        return Lines(instance=instance, lines=tuple(tools.runtime.logs(row.name, instance, tail=tail)))


def look_at_world(plane: Plane) -> dict[str, Listed]:
    """Ask every runtime of this machine what runs there."""
    return {each.name: each for tools in make_all_tools(plane.settings, None) for each in list_all(tools)}


def _find(plane: Plane, name: str, owner: str | None) -> SandboxRow:
    with plane.store.session() as session:
        return wishes.find_sandbox(session, name, owner)


def _find_running(plane: Plane, name: str, owner: str | None) -> SandboxRow:
    row = _find(plane, name, owner)
    if row.state != "running":
        raise StateConflict(f"sandbox {name!r} is {row.state}", hint="this needs one that is running")
    return row


def _is_gone(plane: Plane, sandbox: str) -> Callable[[], bool]:
    def look() -> bool:
        with plane.store.session() as session:
            row = session.get(SandboxRow, sandbox)
            return row is None or row.state == wishes.GONE

    return look
