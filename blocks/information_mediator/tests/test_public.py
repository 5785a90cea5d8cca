"""What a browser may open without being a client, and what streams through."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

PART = bytes(range(256)) * 256
PARTS = 80  # 5 MiB in pieces of 64 KiB


def test_listed_pages_open_with_their_cookies_and_redirects(
    mediator: TestClient, network: Any, exchanges: Callable[..., Any]
) -> None:
    network.answers[("identity", "GET", "/authorize/login")] = lambda _: httpx2.Response(
        302, headers=[("Location", "/next"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    )
    answer = mediator.get(
        "/public/identity/authorize/login?state=s1", headers={"Cookie": "a=0"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (302, "/next")
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    (call,) = network.made("identity")
    assert call.headers["cookie"] == "a=0"
    assert call.headers["x-sandbox-secret"] == "secret-of-identity"
    assert "information-mediator-client" not in call.headers
    (line,) = exchanges()
    assert (line["kind"], line["path"], line["request"], line["response"]) == (
        "public",
        "/authorize/login",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/public/identity/users/P1", 404),
        ("/public/identity/authorizeX", 404),
        ("/public/identity/_sandbox/plant", 404),
        ("/public/identity", 404),
        ("/public/digital-registries/persons/count", 404),
        ("/public/nothing/authorize", 404),
        ("/public/identity/authorize/%2e%2e/users/P1", 400),
        ("/public/identity/authorize/..%2fusers/P1", 400),
    ],
)
def test_everything_else_stays_closed(mediator: TestClient, network: Any, path: str, status: int) -> None:
    assert mediator.get(path).status_code == status
    assert network.calls == []


@pytest.fixture
def big_block(serve: Any) -> Any:
    """A real server with large bodies in both directions."""

    async def upload(request: Request) -> JSONResponse:
        digest = hashlib.sha256()
        async for part in request.stream():
            digest.update(part)
        return JSONResponse({"sha256": digest.hexdigest()})

    async def count(_: Request) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(PARTS):
                yield PART

        return StreamingResponse(parts(), media_type="application/octet-stream")

    routes = [Route("/documents", upload, methods=["POST"]), Route("/persons/count", count)]
    with serve(Starlette(routes=routes)) as url:
        yield url


def test_large_bodies_pass_unchanged_and_are_not_kept(
    make_app: Any, serve: Any, big_block: str, ministry: dict[str, str], token: dict[str, str]
) -> None:
    app, _ = make_app(peers={"digital-registries": big_block})
    address = "/r1/SBX/GOV/CENTRAL/digital-registries"
    whole = PART * PARTS
    digest = hashlib.sha256(whole).hexdigest()
    with serve(app) as url:
        fetched = httpx2.get(f"{url}{address}/persons/count", headers=ministry, timeout=30)
        assert hashlib.sha256(fetched.content).hexdigest() == digest
        for body in (whole, iter([PART] * PARTS)):
            sent = httpx2.post(f"{url}{address}/documents", content=body, headers=ministry, timeout=30)
            assert sent.json() == {"sha256": digest}
        lines = httpx2.get(f"{url}/_sandbox/exchanges", headers=token).json()["exchanges"]
        too_large = httpx2.post(
            f"{url}{address}/documents", content=iter([PART] * 600), headers=ministry, timeout=30
        )
    assert lines[0]["response"]["omitted"].startswith("application/octet-stream, over ")
    assert lines[1]["request"]["omitted"].startswith("no type stated, over ")
    assert too_large.status_code == 413
