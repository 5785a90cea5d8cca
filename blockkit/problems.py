"""Refusals as RFC 9457 problem documents. A request without a body is answered, never a 500."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from blockkit.methods import allowed_methods

KINDS = {404: "not-found", 405: "method-not-allowed", 408: "too-slow", 413: "too-large"}


class Problem(Exception):
    """A refusal: raise it anywhere below a route.

    Attributes:
        kind: Kebab-case name, the last part of the problem's `type`.
        more: Further members of the problem document.
    """

    def __init__(self, status: int, kind: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.more = more


def problem_response(
    status: int, kind: str, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Write one problem document."""
    return JSONResponse(
        {
            "type": f"urn:civic-sandbox:problem/{kind}",
            "title": kind.replace("-", " "),
            "status": status,
            "detail": detail,
            **more,
        },
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


def install_problems(app: FastAPI, log: logging.Logger) -> None:
    """Translate every way a route can refuse or break."""

    async def on_problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return problem_response(error.status, error.kind, error.detail, **error.more)

    async def on_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        faults = [
            {"at": "/".join(str(part) for part in fault["loc"]), "wanted": fault["msg"]}
            for fault in error.errors()
        ]
        return problem_response(
            400, "invalid-request", "the request does not fit the contract", faults=faults
        )

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        kind = KINDS.get(error.status_code, "refused")
        headers = dict(error.headers) if error.headers else None
        if error.status_code == 405 and (allowed := allowed_methods(app, request.url.path)):
            headers = {"Allow": allowed}  # the router names only those of the first route that it came by
        return problem_response(error.status_code, kind, str(error.detail), headers)

    async def on_crash(request: Request, error: Exception) -> JSONResponse:
        log.exception("%s %s broke", request.method, request.url.path, exc_info=error)
        return problem_response(500, "internal-error", "this block broke while answering; its log says how")

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_crash)
