"""Refusals as RFC 9457 problem documents. A request without a body is answered, never a 500."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

METHODS = ("get", "put", "post", "delete", "patch")
PARAMETER = r"\{[^{}]+\}"


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


def allowed_methods(contract: Mapping[str, Any], path: str) -> str:
    """List the methods of the path that an address means; one without parameters comes first."""
    fitting = [
        (len(re.findall(PARAMETER, template)), item)
        for template, item in contract["paths"].items()
        if re.fullmatch("[^/]+".join(map(re.escape, re.split(PARAMETER, template))), path)
    ]
    if not fitting:
        return ""
    _, item = min(fitting, key=lambda each: each[0])
    return ", ".join(sorted(method.upper() for method in item if method in METHODS))


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
        kind = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "refused")
        headers = dict(error.headers) if error.headers else {}
        if error.status_code == 405 and (allowed := allowed_methods(request.app.openapi(), request.url.path)):
            headers["Allow"] = (
                allowed  # Starlette names the methods of one route, and a path may have several
            )
        return problem_response(error.status_code, kind, str(error.detail), headers)

    async def on_crash(request: Request, error: Exception) -> JSONResponse:
        log.exception("%s %s broke", request.method, request.url.path, exc_info=error)
        return problem_response(500, "internal-error", "this block broke while answering; its log says how")

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_crash)
