"""A reference block that stands alone on the loopback, served over HTTP by a thread of the test's own."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import uvicorn

STANDALONE = {"PORT": "0", "MEDIATOR_URL": "http://mediator.test"}


def _nobody(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("a block that stands alone has no neighbours", request=request)


def make_app(folder: str, make_database: Callable[..., str]) -> Any:
    """Make `blocks/<folder>` as `python -m blocks.<folder> serve` does without a sandbox's secret."""
    app = importlib.import_module(f"blocks.{folder}.app")
    load = importlib.import_module(f"blocks.{folder}.seed").load
    environment = {**STANDALONE, "DATABASE_URL": make_database(load)}
    return app.create_app(environment, httpx2.MockTransport(_nobody))


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an app for as long as the block lasts; gives its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False, ws="none")
    )
    started = threading.Event()
    startup = server.startup

    async def announce(sockets: Any = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = announce  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
