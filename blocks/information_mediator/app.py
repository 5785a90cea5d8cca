"""Puts the mediator together. Unlike the other blocks it is async, and it is the gate itself: no guard.

The message log is the one thing that no reset touches.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from psycopg_pool import AsyncConnectionPool
from starlette.routing import Route

from blockkit.app import read_contract
from blockkit.bounds import Bounds
from blockkit.clock import Clock
from blockkit.problems import install_problems
from blocks.information_mediator.consent import Consent
from blocks.information_mediator.core import Core
from blocks.information_mediator.directory import ITSELF, Directory
from blocks.information_mediator.events.pusher import Patience, Pusher, grow
from blocks.information_mediator.events.store import EventStore
from blocks.information_mediator.faults import Faults
from blocks.information_mediator.hold import Hold
from blocks.information_mediator.host_check import HostCheck
from blocks.information_mediator.keeping import Keeping
from blocks.information_mediator.log import MessageLog
from blocks.information_mediator.messages import Messages
from blocks.information_mediator.routes import directory, sandbox
from blocks.information_mediator.routes.callbacks import Callbacks
from blocks.information_mediator.routes.calls import Calls
from blocks.information_mediator.routes.events import event_routes
from blocks.information_mediator.routes.products import Products
from blocks.information_mediator.routes.public import PublicPages
from blocks.information_mediator.settings import SLUG, MediatorSettings
from blocks.information_mediator.store import read_time, read_wiring, until_reached
from blocks.information_mediator.upstream import Upstream
from blocks.information_mediator.wiring import Wiring

FOLDER = Path(__file__).parent


def create_app(
    environment: Mapping[str, str],
    transport: httpx2.AsyncBaseTransport | None = None,
    patience: Patience = grow,
) -> FastAPI:
    """Make the mediator; `transport` replaces the network behind it, `patience` the waits between pushes."""
    settings = MediatorSettings.from_environment(environment)
    core = _wire(settings, transport)
    pusher = Pusher(core, patience)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await until_reached(settings.database_url)
        await core.pool.open()
        core.directory = await read_wiring(core.pool)
        if settings.token is None and core.directory.is_empty():
            core.directory = Directory(core.directory.wiring, [ITSELF])
        await core.faults.open()
        await read_time(core.pool, core.clock)
        await core.log.open()
        await pusher.open()
        yield
        await pusher.close()
        await core.log.close()
        await core.upstream.close()
        await core.pool.close()

    @cache
    def contract() -> dict[str, Any]:
        return read_contract(FOLDER)

    app: FastAPI = FastAPIOffline(title=SLUG, lifespan=lifespan)
    app.openapi = contract  # type: ignore[method-assign]  # the curated contract, as every block does
    install_problems(app, logging.getLogger(f"blocks.{SLUG}"))
    app.add_middleware(Products, core=core)
    app.add_middleware(Bounds, sizes=False)  # it counts what it carries itself, and notes it in the log
    app.add_middleware(HostCheck, hosts=settings.hosts)
    app.include_router(_health(core))
    app.include_router(sandbox.make_router(core))
    app.include_router(directory.make_router(core))
    calls = Calls(core)
    app.router.routes += [
        *event_routes(core, calls),
        Route("/r1/{rest:path}", calls),
        Route("/public/{rest:path}", PublicPages(core)),
        Route("/callbacks/{rest:path}", Callbacks(core)),
    ]
    return app


def _wire(settings: MediatorSettings, transport: httpx2.AsyncBaseTransport | None) -> Core:
    def ids(prefix: str) -> Callable[[], str]:
        return lambda: f"{prefix}-{secrets.token_hex(10)}"

    clock = Clock()
    upstream = Upstream(transport)
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        settings.database_url,
        min_size=0,
        max_size=8,
        max_idle=60,
        num_workers=1,
        kwargs={"autocommit": True},
        check=AsyncConnectionPool.check_connection,
        open=False,
        timeout=10,
    )
    return Core(
        settings=settings,
        clock=clock,
        upstream=upstream,
        pool=pool,
        log=MessageLog(settings.database_url, pool, settings.every_secret()),
        events=EventStore(pool),
        messages=Messages(pool, ids("msg"), clock.machine),
        consent=Consent(settings, upstream),
        faults=Faults(pool, ids("fault")),
        keeping=Keeping(pool),
        hold=Hold(),
        new_id=ids("ex"),
        directory=Directory(Wiring()),
    )


def _health(core: Core) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        ready = await core.log.answers()
        reason = "" if ready else "the database does not answer"
        return JSONResponse({"ready": ready, "reason": reason}, status_code=200 if ready else 503)

    return router
