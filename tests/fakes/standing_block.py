"""A reference block that stands alone on the loopback, to be served by `tests.fakes.serving`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import httpx2

STANDALONE = {"PORT": "0", "MEDIATOR_URL": "http://mediator.test"}


def _nobody(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("a block that stands alone has no neighbours", request=request)


def make_app(folder: str, make_database: Callable[..., str]) -> Any:
    """Make `blocks/<folder>` as `python -m blocks.<folder> serve` does without a sandbox's secret."""
    app = importlib.import_module(f"blocks.{folder}.app")
    load = importlib.import_module(f"blocks.{folder}.seed").load
    environment = {**STANDALONE, "DATABASE_URL": make_database(load)}
    return app.create_app(environment, httpx2.MockTransport(_nobody))
