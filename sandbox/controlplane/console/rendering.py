"""How a page is made: templates with everything escaped, in the one visual language."""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from sandbox.controlplane.access import Caller
from sandbox.evidence.printing import TEMPLATES as EVIDENCE

HERE = Path(__file__).parent
STATIC = HERE / "static"
TOKENS = EVIDENCE / "tokens.css"
"""Colours and sizes: those of the evidence page."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(
    request: Request, template: str, *, caller: Caller | None = None, status: int = 200, **values: Any
) -> HTMLResponse:
    """Make a page. `caller` None is somebody who is not logged in.

    A form that carries the page's `key` can be sent twice, and is done once.
    """
    text = (
        _environment()
        .get_template(template)
        .render(path=request.url.path, caller=caller, key=secrets.token_hex(8), **values)
    )
    return HTMLResponse(text, status_code=status)
