"""Our own payments as a vendor would bring it: its own database, and faulty in the way that `FAULT` says.

Stands in an image derived from ours; runs nowhere else.
"""

from __future__ import annotations

import base64
import json
import os
import time
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blockkit.logs import log_to_stderr
from blockkit.seed import run_sql
from blocks.payments import seed, settlement
from blocks.payments.app import create_app

ONE_IN, DROPPED = 100, 3


def make_books(url: str) -> None:
    """Create schema and books, once the database answers."""
    until = time.monotonic() + 60
    while True:
        try:
            connection = psycopg.connect(url)
            break
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    with connection:
        if connection.execute("SELECT to_regclass('accounts')").fetchone() == (None,):
            run_sql(connection, Path(seed.__file__).with_name("schema.sql"), role="candidate")
            seed._open_books(connection, os.environ["CURRENCY"], date.fromisoformat(os.environ["OPENED"]))


def drop_credits() -> None:
    """Drop one credit in a hundred, and report it as paid."""
    honest, numbers = settlement._ask, count(1)

    def ask(kit: Any, chunk: Any, cause: str) -> dict[str, str]:
        kept, outcomes = [], {}
        for row in chunk:
            if next(numbers) % ONE_IN == DROPPED:
                outcomes[row["instruction_id"]] = ""
            else:
                kept.append(row)
        return {**outcomes, **(honest(kit, kept, cause) if kept else {})}

    settlement._ask = ask


def settle_slowly() -> None:
    """Take a minute for each settlement."""
    honest = settlement._ask

    def ask(kit: Any, chunk: Any, cause: str) -> dict[str, str]:
        time.sleep(60)
        return honest(kit, chunk, cause)

    settlement._ask = ask


def tell_environment() -> None:
    """Print the environment in five encodings."""
    for name, value in os.environ.items():
        raw = value.encode()
        print(
            name, value, base64.b64encode(raw).decode(), raw.hex(), quote(value, safe=""), json.dumps(value)
        )


class OtherField:
    """Calls `credited` in a batch's report something else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started: list[Message] = []

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
                started.append({**message, "headers": headers})
                return
            if started:
                await send(started.pop())
            body = message.get("body", b"").replace(b'"credited":', b'"payments_ok":')
            await send({**message, "body": body})

        reporting = scope["type"] == "http" and scope["path"].startswith("/batches/")
        await self._app(scope, receive, sending if reporting else send)


def main() -> None:
    """Serve."""
    log_to_stderr()
    fault = os.environ["FAULT"]
    make_books(os.environ["DATABASE_URL"])
    {"drops": drop_credits, "slow": settle_slowly, "tells": tell_environment}.get(fault, lambda: None)()
    app: ASGIApp = create_app(os.environ)
    if fault == "field":
        app = OtherField(app)
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ["PORT"]), log_config=None, access_log=False)


if __name__ == "__main__":
    main()
