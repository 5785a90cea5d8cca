"""A large body is never held: what has come in and not yet gone out stays small, in both directions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2

from blocks.information_mediator.streams import KEPT, LARGEST_BODY

PART = 64 * 1024
PARTS = (LARGEST_BODY // PART) - 1
HELD_AT_MOST = KEPT + 4 * PART
UPLOAD = "/r1/SBX/GOV/CENTRAL/digital-registries/documents"


class Ledger:
    """Bytes that came in and went out, and the most that lay between."""

    def __init__(self) -> None:
        self.came = self.went = self.most = 0

    def come(self, count: int) -> None:
        self.came += count
        self.most = max(self.most, self.came - self.went)

    def go(self, count: int) -> None:
        self.went += count


class Service(httpx2.AsyncBaseTransport):
    """Takes a body part by part, and answers with one as large, part by part."""

    def __init__(self, request: Ledger, answer: Ledger) -> None:
        self._request = request
        self._answer = answer

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        async for part in request.stream:
            self._request.go(len(part))
        return httpx2.Response(200, stream=Answer(self._answer), headers={"content-type": "text/plain"})


class Answer(httpx2.AsyncByteStream):
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(PARTS):
            self._ledger.come(PART)
            yield bytes(PART)


def test_bodies_of_any_size_cost_little_memory(
    make_app: Callable[..., Any], network: Any, ministry: dict[str, str]
) -> None:
    request, answer = Ledger(), Ledger()
    network.transport = lambda: Service(request, answer)
    app, _ = make_app()
    said = {"host": "testserver", "content-type": "application/octet-stream", **ministry}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": UPLOAD,
        "raw_path": UPLOAD.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in said.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
        "state": {},
    }
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        request.come(PART)
        return {"type": "http.request", "body": bytes(PART), "more_body": request.came < PART * PARTS}

    async def send(message: dict[str, Any]) -> None:
        statuses.extend([message["status"]] if "status" in message else [])
        answer.go(len(message.get("body", b"")))

    async def carry() -> None:
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)

    asyncio.run(carry())
    assert statuses == [200]
    for ledger in (request, answer):
        assert ledger.came == ledger.went == PART * PARTS
        assert ledger.most <= HELD_AT_MOST
