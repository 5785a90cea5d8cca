"""Bringing the control plane up and down: store, queue, reaper, web server, in this order and back.

Whatever ends it, nothing of what was asked for is lost: wishes and jobs stand in the store, and
what was being done is done again at the next start.
"""

from __future__ import annotations

import platform
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import psutil
import uvicorn
from starlette.types import ASGIApp

from sandbox.bootstrap import make_catalog
from sandbox.controlplane.app import create_app
from sandbox.controlplane.plane import Plane, Rules
from sandbox.controlplane.proxy.app import Proxy
from sandbox.errors import UsageError
from sandbox.jobs.queue import load_queue
from sandbox.settings import Settings
from sandbox.store import accounts
from sandbox.store.embedded import embedded_store
from sandbox.store.store import Store, open_store
from sandbox.tasks.doings import make_work
from sandbox.tasks.reaper import reap_until
from sandbox.tasks.work import Bench, worker_name

FIRST_LINK = timedelta(hours=24)
BYTES_PER_SANDBOX = 600_000_000
"""What one sandbox takes at most on `local`, whole runs measured (docs/reference/benchmarks.md)."""
_LET_GO_WITHIN = 3
"""Seconds that open streams have when the server ends; their readers come back by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How it is to be served. `store` empty is the embedded PostgreSQL."""

    bind: str = "127.0.0.1"
    port: int = 8800
    pages_port: int | None = None
    """Where blocks' pages are; None is the port after `port`, or any free one when that is 0."""
    host_names: tuple[str, ...] = ()
    store: str = ""
    jobs: str = "inline"
    broker: str = ""
    workers: int = 2


def serve(settings: Settings, how: Serving, say: Callable[[str, str | None], None]) -> None:
    """Serve until told to stop. `say` hears where, and the link for the first admin while there is none.

    Raises UsageError (the port is taken), StateConflict, RuntimeUnavailable.
    """
    with (
        _listening(how.bind, how.port) as listening,
        _listening(how.bind, _pages_port(how), "--pages-port") as listening_for_pages,
        _opened_store(settings, how) as store,
    ):
        port = listening.getsockname()[1]
        address = f"http://{_shown(how.bind)}:{port}"
        bench = Bench(settings=settings, store=store, worker=worker_name(), host=platform.node())
        queue = load_queue(how.jobs, make_work(bench), url=how.broker, workers=how.workers)
        ended = threading.Event()
        reaping = threading.Thread(target=reap_until, args=(ended, bench, queue), name="reaper", daemon=True)
        try:
            plane = Plane(
                settings=settings,
                store=store,
                queue=queue,
                catalog=make_catalog(settings),
                rules=replace(make_rules(how), pages_port=listening_for_pages.getsockname()[1]),
            )
            say(address, first_link(plane, address))
            reaping.start()
            with serving_aside(Proxy(plane), listening_for_pages):
                uvicorn.Server(_config(create_app(plane))).run(sockets=[listening])
        finally:
            ended.set()
            queue.close()


@contextmanager
def serving_aside(app: ASGIApp, listening: socket.socket) -> Iterator[None]:
    """Serve an application on a thread of its own while this lasts."""
    server = uvicorn.Server(_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="pages", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(2 * _LET_GO_WITHIN)


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_LET_GO_WITHIN,
    )


def _pages_port(how: Serving) -> int:
    if how.pages_port is not None:
        return how.pages_port
    return how.port + 1 if how.port else 0


def make_rules(how: Serving) -> Rules:
    """Say how much this machine gives, and under which names it answers."""
    usual = Rules()
    own = {platform.node().lower(), how.bind.lower()} - {"0.0.0.0", "::", ""}  # noqa: S104  not bound, left out
    room = int(psutil.virtual_memory().total * 0.8) // BYTES_PER_SANDBOX
    return replace(
        usual,
        hosts=usual.hosts | own | {name.lower() for name in how.host_names},
        sandboxes=max(1, room),
    )


def first_link(plane: Plane, address: str) -> str | None:
    """Give a link that makes the first admin's account, once; None when there is an admin."""
    with plane.store.session() as session:
        if accounts.has_admin(session):
            return None
        secret = accounts.issue(session, "invitation", role="admin", now=plane.now(), lifetime=FIRST_LINK)
    return f"{address}/welcome?invitation={secret}"


@contextmanager
def _opened_store(settings: Settings, how: Serving) -> Iterator[Store]:
    if how.store:
        store = open_store(how.store)
        try:
            yield store
        finally:
            store.close()
        return
    with embedded_store(settings.home / "control-plane" / "postgres") as url:
        store = open_store(url)
        try:
            yield store
        finally:
            store.close()


@contextmanager
def _listening(bind: str, port: int, option: str = "--port") -> Iterator[socket.socket]:
    """Take the port first: a second copy is told at once, and starts nothing."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    # TCP by name, or asyncio leaves TCP_NODELAY out and every answer on a kept connection waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((bind, port))
        except OSError as error:
            raise UsageError(
                f"can't listen on {bind}:{port}: {error.strerror}",
                hint=f"another program has it, another `sandbox serve` perhaps; {option} chooses one, 0 any",
            ) from error
        listening.listen(512)
        yield listening


def _shown(bind: str) -> str:
    if bind in ("0.0.0.0", "::"):  # noqa: S104  shown, not bound
        return platform.node()
    return f"[{bind}]" if ":" in bind else bind
