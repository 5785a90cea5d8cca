"""Every refusal over HTTP: a problem document (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from sandbox.controlplane.access import NotKnown
from sandbox.controlplane.console.rendering import render
from sandbox.controlplane.lines import request_id
from sandbox.controlplane.metrics import name_route
from sandbox.errors import SandboxError
from sandbox.log import about

log = logging.getLogger("sandbox.controlplane")


def problem(status: int, reason: str, detail: str, **more: Any) -> JSONResponse:
    """Write a problem document."""
    body = {
        "type": f"urn:civic-sandbox:problem/{reason}",
        "title": reason.replace("-", " "),
        "status": status,
        "detail": detail,
        **more,
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def install_problems(app: FastAPI) -> None:
    """Translate every way a route can refuse or break."""

    async def on_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, SandboxError)
        if isinstance(error, NotKnown) and _for_people(request):
            return RedirectResponse("/login", status_code=303)
        headers = getattr(error, "headers", None)
        return _answer(request, error.status, error.reason, str(error), error.hint, headers)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = [{"at": "/".join(map(str, each["loc"])), "wanted": each["msg"]} for each in error.errors()]
        told = "; ".join(f"{each['at']}: {each['wanted']}" for each in faults[:5])
        if _for_people(request):
            return _answer(request, 422, "invalid-request", told, "go back and change it")
        return problem(422, "invalid-request", told, faults=faults)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        reason = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "refused")
        return _answer(request, error.status_code, reason, f"there is nothing at {request.url.path}", "")

    async def on_fault(request: Request, error: Exception) -> Response:
        # Whoever gave the request its id is past already when this is asked.
        with about(request=request_id(request.scope)):
            log.error("%s %s broke", request.method, name_route(request.scope), exc_info=error)
        detail = (
            "this is a fault of civic-sandbox, not yours; the server's log says more, "
            f"at request {request_id(request.scope)}"
        )
        return _answer(request, 500, "fault", detail, "")

    app.add_exception_handler(SandboxError, on_refusal)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_fault)


def _for_people(request: Request) -> bool:
    """Whether a page is wanted: programs talk to /api, and to the few names beside it."""
    return not request.url.path.startswith(("/api/", "/healthz", "/metrics", "/openapi.json"))


def _answer(
    request: Request,
    status: int,
    reason: str,
    detail: str,
    hint: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    answer: Response
    if _for_people(request):
        answer = render(
            request,
            "refused.html.j2",
            status=status,
            number=status,
            title=reason.replace("-", " "),
            detail=detail,
            hint=hint,
        )
    else:
        answer = problem(status, reason, f"{detail}; {hint}" if hint else detail)
    answer.headers.update(headers or {})
    return answer
