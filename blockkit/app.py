"""One way to make a block: its rules behind routes, and around them what every block has.

`GET /healthz`, `GET /readyz`, `POST /_sandbox/clock`, the curated `openapi.yaml` served as
`/openapi.json`, documentation without a CDN, problems, the guard and the log.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel

from blockkit.access import Access
from blockkit.bounds import Bounds
from blockkit.clock import Clock
from blockkit.guard import Guard
from blockkit.peers import Peers
from blockkit.problems import Problem, install_problems
from blockkit.records import Records
from blockkit.settings import BlockSettings
from blockkit.timekeeping import keep_time, read_time


@dataclass(frozen=True)
class Kit:
    """What a block's routes and rules are given."""

    slug: str
    settings: BlockSettings
    records: Records
    clock: Clock
    peers: Peers
    access: Access
    log: logging.Logger


def make_kit(slug: str, environment: Mapping[str, str], transport: httpx2.BaseTransport | None = None) -> Kit:
    """Wire a block's parts; `transport` replaces the network in tests."""
    settings = BlockSettings.from_environment(environment)
    clock = Clock()
    peers = Peers(settings, slug, transport)
    return Kit(
        slug=slug,
        settings=settings,
        records=Records(settings.database_url),
        clock=clock,
        peers=peers,
        access=Access(settings, peers, clock),
        log=logging.getLogger(f"blocks.{slug}"),
    )


class ClockSetting(BaseModel):
    """Body of `POST /_sandbox/clock`."""

    offset_seconds: int
    epoch: int = 0
    renew: bool = False
    """Whether the database was closed for a moment, so that sessions must be made anew."""


class Plant(BaseModel):
    """Body of `POST /_sandbox/plant`: change this block's copy of a person, or record an event about one.

    What a block understands stands in its README; anything else is refused with 422.
    """

    individualId: str  # noqa: N815  the wire's name
    change: dict[str, Any] | None = None
    event: dict[str, Any] | None = None


def no_work() -> None:
    """Do nothing: a block without jobs that fall due, or without anything to drop."""


def no_plant(plant: Plant) -> None:
    """Refuse: this block has no copy of a person that an exercise could change."""
    raise Problem(422, "nothing-to-plant", f"this block can't plant {plant.change or plant.event}")


def build_block(
    kit: Kit,
    folder: Path,
    routers: list[APIRouter],
    *,
    on_clock: Callable[[], None] = no_work,
    on_epoch: Callable[[], None] = no_work,
    on_start: Callable[[], None] = no_work,
    on_stop: Callable[[], None] = no_work,
    on_plant: Callable[[Plant], None] = no_plant,
) -> FastAPI:
    """Put the parts together.

    Args:
        kit: From make_kit.
        folder: Where the block's `openapi.yaml` lies.
        routers: The block's operations.
        on_clock: Does the jobs that have fallen due; called after the clock moved.
        on_epoch: Drops keys, caches and sessions; called when the epoch has changed.
        on_start: Called once, when the database has been reached.
        on_stop: Called before the pool closes, also when there was no start.
        on_plant: Changes the block's copy of a person; raises Problem 422 for what it can't, 404 for nobody.
    """

    def begin() -> None:
        read_time(kit.records, kit.clock)
        on_start()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        kit.records.open(begin)
        yield
        on_stop()
        kit.peers.close()
        kit.records.close()

    @cache
    def contract() -> dict[str, Any]:
        return read_contract(folder)

    app: FastAPI = FastAPIOffline(title=kit.slug, lifespan=lifespan)
    # The curated contract is served, not one derived from the code; a test holds both together.
    app.openapi = contract  # type: ignore[method-assign]  # as FastAPI documents it
    install_problems(app, kit.log)
    app.add_middleware(Bounds)
    app.add_middleware(Guard, secret=kit.settings.secret, log=kit.log)
    app.include_router(_own_routes(kit, on_clock, on_epoch, on_plant))
    for router in routers:
        app.include_router(router)
    return app


def read_contract(folder: Path) -> dict[str, Any]:
    """Read a block's curated `openapi.yaml`."""
    from ruamel.yaml import YAML  # read on demand: most blocks are never asked for it

    loaded = YAML(typ="safe").load((folder / "openapi.yaml").read_text(encoding="utf-8"))
    contract: dict[str, Any] = json.loads(json.dumps(loaded, default=str))
    return contract


def _own_routes(
    kit: Kit,
    on_clock: Callable[[], None],
    on_epoch: Callable[[], None],
    on_plant: Callable[[Plant], None],
) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    def readyz() -> JSONResponse:
        ready = kit.records.answers()
        reason = "" if ready else "the database does not answer"
        return JSONResponse({"ready": ready, "reason": reason}, status_code=200 if ready else 503)

    @router.post("/_sandbox/clock")
    def set_clock(setting: ClockSetting) -> dict[str, str]:
        changed = setting.epoch != kit.clock.epoch
        kit.clock.offset_seconds = setting.offset_seconds
        kit.clock.epoch = setting.epoch
        if changed or setting.renew:
            kit.records.renew()
        keep_time(kit.records, kit.clock)
        if changed:
            on_epoch()
        on_clock()
        return {"today": kit.clock.today().isoformat()}

    @router.post("/_sandbox/plant", status_code=201)
    def plant(what: Plant) -> dict[str, str]:
        on_plant(what)
        return {"individualId": what.individualId}

    return router
