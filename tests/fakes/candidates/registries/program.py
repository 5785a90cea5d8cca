"""Our own digital registries as a vendor would bring them: begun empty, broken after `BREAKS_AFTER` records.

Stands in an image derived from ours; runs nowhere else. It recovers after one refusal.
"""

from __future__ import annotations

import os
import time
from itertools import count
from pathlib import Path

import psycopg
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from blockkit.logs import log_to_stderr
from blocks.digital_registries.app import create_app
from blocks.digital_registries.seed import load


def make_registries(url: str) -> None:
    """Define the registries, once the database answers; nobody is in them."""
    until = time.monotonic() + 300
    while True:
        try:
            connection = psycopg.connect(url)
            break
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    with connection:
        load(connection, Path("/tmp/nobody"), role="candidate")


class Breaking:
    """Refuses one record."""

    def __init__(self, app: ASGIApp, after: int) -> None:
        self._app, self._after, self._numbers = app, after, count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        creating = scope["type"] == "http" and scope["path"].endswith("/create")
        if creating and next(self._numbers) == self._after:
            await PlainTextResponse("out of paper", 500)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


if __name__ == "__main__":
    log_to_stderr()
    make_registries(os.environ["DATABASE_URL"])
    served = Breaking(create_app(os.environ), int(os.environ["BREAKS_AFTER"]))
    uvicorn.run(served, host="0.0.0.0", port=int(os.environ["PORT"]), log_config=None, access_log=False)
