"""A block's own pages: plain HTML without script, in the evidence page's look, all marked fictitious.

Nothing is loaded from anywhere; the policy allows the one inline style by its digest.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse


def write_page(
    title: str,
    body: str,
    *,
    sandbox: str,
    form_targets: str = "",
    status: int = 200,
    wide: bool = False,
) -> HTMLResponse:
    """Write one page.

    Args:
        title: Plain text; escaped here.
        body: HTML; whoever makes it has escaped what came from outside.
        sandbox: The sandbox's name, shown with the banner.
        form_targets: Origins that forms may lead to, separated by spaces.
        status: HTTP status.
        wide: Whether the page holds tables, and not one short form.
    """
    style, digest = _style()
    targets = form_targets or "'none'"
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action {targets}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return HTMLResponse(
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{style}</style></head><body>"
        f"<header><span class=fictitious>Fictitious data</span>"
        f"<span>sandbox {escape(sandbox)}</span></header>"
        f"<main{' class=wide' if wide else ''}>{body}</main></body></html>",
        status_code=status,
        headers={
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )


@cache
def _style() -> tuple[str, str]:
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    return style, base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
