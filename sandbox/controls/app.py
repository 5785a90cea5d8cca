"""The controls as a web application: `create_app(environment)`, as the runtimes serve any instance."""

from __future__ import annotations

import hmac
import json
import logging
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from ruamel.yaml import YAML
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from sandbox.controls.desk import Desk, make_desk
from sandbox.controls.routes import checkpoints, clock, messages, people, plumbing, state
from sandbox.errors import SandboxError


def create_app(environment: Mapping[str, str]) -> FastAPI:
    """Build the application; it answers the mediator only."""
    desk = make_desk(environment)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        taking_up = threading.Thread(target=_take_up, args=(desk,), name="taking up", daemon=True)
        taking_up.start()
        yield
        desk.states.finish()

    app = FastAPI(title="sandbox", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.openapi = read_contract  # type: ignore[method-assign]  # as FastAPI documents it
    _answer_mediator_only(app, environment["SANDBOX_SECRET"])
    _translate_errors(app)
    for part in (people, clock, messages, state, checkpoints, plumbing):
        app.include_router(part.make_router(desk))
    return app


def _take_up(desk: Desk) -> None:
    try:
        desk.states.take_up()
    except (SandboxError, psycopg.Error) as error:
        # The first change of state takes it up instead.
        logging.getLogger("sandbox.controls").warning("what was half done stays so for now: %s", error)


@cache
def read_contract() -> dict[str, Any]:
    """Read the curated contract beside this file."""
    text = (Path(__file__).parent / "openapi.yaml").read_text(encoding="utf-8")
    contract: dict[str, Any] = json.loads(json.dumps(YAML(typ="safe").load(text), default=str))
    return contract


def _answer_mediator_only(app: FastAPI, secret: str) -> None:
    @app.middleware("http")
    async def guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
        shown = request.headers.get("x-sandbox-secret", "")
        if request.url.path in ("/healthz", "/readyz") or hmac.compare_digest(
            shown.encode(), secret.encode()
        ):
            return await call_next(request)
        return _problem(401, "not-the-mediator", "the controls answer the information mediator only")


def _translate_errors(app: FastAPI) -> None:
    async def on_refusal(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, SandboxError)
        detail = f"{error}; {error.hint}" if error.hint else str(error)
        return _problem(error.status, error.reason, detail)

    async def on_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        faults = "; ".join(f"{'/'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        return _problem(422, "invalid-request", faults)

    app.add_exception_handler(SandboxError, on_refusal)
    app.add_exception_handler(RequestValidationError, on_invalid)


def _problem(status: int, kind: str, detail: str) -> JSONResponse:
    return JSONResponse(
        {
            "type": f"urn:civic-sandbox:problem/{kind}",
            "title": kind.replace("-", " "),
            "status": status,
            "detail": detail,
        },
        status_code=status,
        media_type="application/problem+json",
    )
