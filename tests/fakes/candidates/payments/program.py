"""Our own payments as a vendor would bring it: its own database, and faulty in the way that `FAULT` says.

Stands in an image derived from ours; runs nowhere else.
"""

from __future__ import annotations

import base64
import json
import os
import time
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blockkit.logs import log_to_stderr
from blocks.payments import seed
from blocks.payments.app import create_app

FOLDER = Path("/tmp/told")
ONE_IN, DROPPED = 100, 3


def make_books(url: str) -> None:
    """Load what a population would have told, once the database answers."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "manifest.json").write_text(json.dumps({"reference_date": os.environ["OPENED"]}))
    pq.write_table(pa.table({"currency": [os.environ["CURRENCY"]]}), FOLDER / "accounts.parquet")
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
        if connection.execute("SELECT to_regclass('accounts')").fetchone() == (None,):
            seed.load(connection, FOLDER, role="candidate")


class Settling(httpx2.BaseTransport):
    """Stands between the block and the mediator: drops one credit in a hundred as if paid, or is slow."""

    def __init__(self, fault: str) -> None:
        self._fault = fault
        self._way = httpx2.HTTPTransport()
        self._numbers = count(1)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/settlements"):
            return self._way.handle_request(request)
        if self._fault == "slow":
            time.sleep(60)
        if self._fault != "drops":
            return self._way.handle_request(request)
        return self._drop(request)

    def _drop(self, request: httpx2.Request) -> httpx2.Response:
        told = json.loads(request.read())
        dropped = [each for each in told["instructions"] if next(self._numbers) % ONE_IN == DROPPED]
        kept = [each for each in told["instructions"] if each not in dropped]
        answered: dict[str, Any] = {"settlementId": told["settlementId"], "results": []}
        if kept:
            headers = {name: value for name, value in request.headers.items() if name != "content-length"}
            honest = httpx2.Request(
                request.method, request.url, headers=headers, json={**told, "instructions": kept}
            )
            answer = self._way.handle_request(honest)
            answer.read()
            if answer.status_code != 200:
                return answer
            answered = answer.json()
        lies = [{"instructionId": each["instructionId"], "status": "credited"} for each in dropped]
        return httpx2.Response(200, json={**answered, "results": [*answered["results"], *lies]})


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
    if fault == "tells":
        tell_environment()
    app: ASGIApp = create_app(os.environ, transport=Settling(fault))
    if fault == "field":
        app = OtherField(app)
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ["PORT"]), log_config=None, access_log=False)


if __name__ == "__main__":
    main()
