"""A doorway to a sandbox for programs that can't show its token: adds the header, and passes on all else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.serving import serving

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_OF_ONE_CONNECTION = {"host", "connection", "keep-alive", "transfer-encoding", "content-length"}


@contextmanager
def doorway(address: str, token: str) -> Iterator[str]:
    """Open one before a mediator, and give its own address."""

    @asynccontextmanager
    async def conversing(app: Starlette) -> AsyncIterator[None]:
        async with httpx2.AsyncClient(base_url=address, timeout=60, trust_env=False) as client:
            app.state.client = client
            yield

    async def pass_on(request: Request) -> Response:
        kept = {
            name: value for name, value in request.headers.items() if name.lower() not in _OF_ONE_CONNECTION
        }
        answer = await request.app.state.client.request(
            request.method,
            request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            headers={**kept, "accept-encoding": "identity", "information-mediator-secret": token},
            content=await request.body(),
        )
        said = {
            name: value for name, value in answer.headers.items() if name.lower() not in _OF_ONE_CONNECTION
        }
        return Response(answer.content, answer.status_code, said)

    routes = [Route("/{path:path}", pass_on, methods=_METHODS)]
    # A connection that is closed while the other side picks it up again looks like a fault of ours.
    with serving(Starlette(routes=routes, lifespan=conversing), timeout_keep_alive=600) as url:
        yield url
