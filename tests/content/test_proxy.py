"""A hostile block behind the proxy, the console beside it: what comes through, and that nothing is taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext
from starlette.types import ASGIApp

from sandbox.controlplane.access import COOKIE
from sandbox.controlplane.app import create_app
from sandbox.controlplane.proxy import crossing
from sandbox.controlplane.proxy.app import Proxy
from sandbox.controlplane.proxy.cookies import PAGES
from sandbox.controlplane.serving import serving_aside
from sandbox.store import accounts, wishes
from sandbox.store.schema import Account
from sandbox.store.store import Store
from tests.fakes.hostile import Hostile
from tests.fakes.planes import Served, serve_on
from tests.fakes.stores import NOON, somebody, token_of

WISH = {
    "scenario": None,
    "blocks": ["payments"],
    "people": {"pack": "zz", "size": 10, "seed": 1, "dirt": "none"},
}
OPAQUE = crossing.POLICY.replace("allow-same-origin", "allow-scripts allow-popups")
"""Another policy, under which scripts run: what they try must fail without this policy's help as well."""


@dataclass
class Yard:
    """Console, proxy and block, each at an address of its own; Ada and Ben with a sandbox each."""

    served: Served
    store: Store
    hostile: Hostile
    ada: Account
    ben: Account

    def session(self, account: Account) -> str:
        """Log somebody in and give the cookie's value."""
        with self.store.session() as session:
            return accounts.issue(
                session, "session", account=account.id, now=NOON, lifetime=timedelta(hours=1)
            )

    @contextmanager
    def client(self, secret: str | None = None, **headers: str) -> Iterator[httpx2.Client]:
        """Open a browser of the plainest kind."""
        with httpx2.Client(
            base_url=self.hostile.proxy, headers=headers, trust_env=False, timeout=20
        ) as client:
            if secret is not None:
                client.cookies.set(COOKIE, secret, domain="127.0.0.1")
            yield client

    def enter(
        self, client: httpx2.Client, name: str = "adas", page: str = "payments/echo"
    ) -> httpx2.Response:
        """Open a page from the console."""
        return client.get(f"{self.hostile.console}/sandboxes/{name}/pages/{page}", follow_redirects=True)


@pytest.fixture
def yard(store: Store, tmp_path: Path) -> Iterator[Yard]:
    served, hostile = serve_on(store, tmp_path), Hostile()
    with ExitStack() as stack:

        def listen() -> tuple[socket.socket, str]:
            taken = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            return taken, f"http://127.0.0.1:{taken.getsockname()[1]}"

        (at_console, hostile.console), (at_proxy, hostile.proxy), (at_block, hostile.inside) = (
            listen() for _ in range(3)
        )
        rules = replace(served.plane.rules, pages_port=at_proxy.getsockname()[1])
        plane = replace(served.plane, rules=rules)
        apps: list[tuple[ASGIApp, socket.socket]] = [
            (create_app(plane), at_console),
            (Proxy(plane), at_proxy),
            (hostile.app(), at_block),
        ]
        for app, listening in apps:
            stack.enter_context(serving_aside(app, listening))
        ada, ben = somebody(store), somebody(store, "Ben", "participant")
        for owner, name in ((ada, "adas"), (ben, "bens")):
            with store.session() as session:
                row = wishes.add_sandbox(
                    session, name=name, owner=owner.id, wish=WISH, now=NOON, expires=None
                )
                row.state, row.url = "running", hostile.inside
        yield Yard(served, store, hostile, ada, ben)


def test_a_page_is_open_to_whoever_comes_from_the_console(yard: Yard) -> None:
    with yard.client(yard.session(yard.ada)) as ada:
        page = yard.enter(ada)
        assert page.status_code == 200
        assert page.url == f"{yard.hostile.proxy}/s/adas/public/payments/echo"
        own = {"referer": f"{yard.hostile.proxy}/s/adas/public/payments/x", "authorization": "Bearer its"}
        ada.cookies.set("stray", "1", domain="127.0.0.1")
        sent = ada.post("/s/adas/public/payments/form?a=%2f", content=b"x", headers=own).json()
        assert sent["cookie"] == "identity-browser=kept"
        assert sent["authorization"] == "Bearer its"
        assert sent["host"] == yard.hostile.inside.removeprefix("http://")
        assert "referer" not in sent
        away = ada.get("/s/adas/public/payments/away")
        assert away.headers["location"] == f"{yard.hostile.proxy}/s/adas/public/payments/echo?code=1"
        named = ada.get(
            "/s/adas/public/payments/away",
            headers={
                "host": f"localhost:{urlsplit(yard.hostile.proxy).port}",
                "cookie": f"{PAGES}={ada.cookies[PAGES]}",
            },
        )
        assert named.headers["location"].startswith("http://localhost:")


def test_nobody_and_no_stranger_comes_through(yard: Yard) -> None:
    paths = ("public/payments/echo", "public/identity/authorize", "r1/X/GOV/1/payments/echo")
    with yard.client() as nobody:
        for path in paths:
            for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
                assert nobody.request(method, f"/s/adas/{path}").status_code == 401
                assert nobody.request(method, f"/s/nowhere/{path}").status_code == 401
        for path in (
            "/",
            "/s/adas",
            "/s/adas/",
            "/s/adas/_sandbox/clock",
            "/s/adas/callbacks/x",
            "/api/v1/me",
        ):
            assert nobody.get(path).status_code == 404
        assert nobody.get("/s/adas/?ticket=forged&to=public/payments/echo").status_code == 401
        assert nobody.get("/s/adas/public/payments/echo", headers={"host": "evil.example"}).status_code == 421
    with yard.client(yard.session(yard.ben)) as ben:
        assert yard.enter(ben, "adas").status_code == 404
        assert yard.enter(ben, "bens").status_code == 200
        stolen = {"cookie": f"{PAGES}={ben.cookies[PAGES]}"}
        assert ben.get("/s/adas/public/payments/echo", headers=stolen).status_code == 404
    with yard.client(**{"sandbox-token": token_of(yard.store, yard.ben)}) as program:
        for path in paths:
            assert program.get(f"/s/adas/{path}").status_code == 404
        assert program.get("/s/bens/public/payments/echo").status_code == 200
    assert all(path == "/public/payments/echo" for _, path, _ in yard.hostile.seen)
    assert len(yard.hostile.seen) == 2


def test_a_ticket_is_for_one_use_one_minute_and_one_log_in(yard: Yard) -> None:
    secret = yard.session(yard.ada)
    with yard.client(secret) as ada:
        link = ada.get(f"{yard.hostile.console}/sandboxes/adas/pages/payments/echo").headers["location"]
        assert ada.get(link.replace("/s/adas/", "/s/bens/")).status_code == 404
        link = ada.get(f"{yard.hostile.console}/sandboxes/adas/pages/payments/echo").headers["location"]
        assert ada.get(link).status_code == 303
        assert ada.get(link).status_code == 401
        late = ada.get(f"{yard.hostile.console}/sandboxes/adas/pages/payments/echo").headers["location"]
        yard.served.now.turn(timedelta(minutes=1))
        assert ada.get(late).status_code == 401
        assert ada.get("/s/adas/public/payments/echo").status_code == 200
        cross = {"sec-fetch-site": "same-site"}
        asked = ada.get(f"{yard.hostile.console}/sandboxes/adas/pages/payments/echo", headers=cross)
        assert asked.status_code == 403
        with yard.store.session() as session:
            accounts.withdraw(session, secret)
        assert ada.get("/s/adas/public/payments/echo").status_code == 401


def test_a_form_comes_from_a_page_of_the_same_sandbox_and_no_service_worker_comes_at_all(yard: Yard) -> None:
    with yard.client(yard.session(yard.ada)) as ada:
        yard.enter(ada)
        for referer in ("", f"{yard.hostile.proxy}/s/bens/public/x", f"{yard.hostile.console}/s/adas/x"):
            refused = ada.post("/s/adas/public/payments/form", headers={"referer": referer})
            assert refused.status_code == 403
        script = ada.get("/s/adas/public/payments/sw.js", headers={"service-worker": "script"})
        assert script.status_code == 403


def test_bodies_flow_both_ways(yard: Yard) -> None:
    token = {"sandbox-token": token_of(yard.store, yard.ada)}

    def parts() -> Iterator[bytes]:
        yield b"first"
        assert yard.hostile.first_came.wait(20)  # it came through before there was a second
        yield b"second"

    with yard.client(**token) as program:
        with program.stream("GET", "/s/adas/public/payments/slow") as answer:
            coming = answer.iter_raw()
            assert next(coming) == b"first"
            yard.hostile.go_on.set()
            assert b"".join(coming) == b"second"
        assert program.post("/s/adas/public/payments/taken", content=parts()).json() == {"size": 11}


def test_an_answer_that_breaks_off_does_not_look_whole(yard: Yard) -> None:
    with yard.client(**{"sandbox-token": token_of(yard.store, yard.ada)}) as program:
        with pytest.raises(httpx2.RemoteProtocolError):
            program.get("/s/adas/public/payments/broken")
        with yard.store.session() as session:
            wishes.find_sandbox(session, "adas", None).url = "http://127.0.0.1:1"
        gone = program.get("/s/adas/public/payments/echo")
        assert gone.status_code == 502
        assert "does it still run?" in gone.text
        with yard.store.session() as session:
            wishes.find_sandbox(session, "adas", None).state = "starting"
        assert program.get("/s/adas/public/payments/echo").status_code == 409


@pytest.mark.parametrize("policy", [crossing.POLICY, OPAQUE], ids=["no scripts", "scripts apart"])
def test_a_hostile_page_takes_nothing(
    yard: Yard, browser: Browser, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    fixed = ((b"content-security-policy", policy.encode()), *crossing.FIXED[1:])
    monkeypatch.setattr(crossing, "FIXED", fixed)
    hostile, secret = yard.hostile, yard.session(yard.ada)
    context = browser.new_context()
    context.add_cookies([{"name": COOKIE, "value": secret, "url": hostile.console}])
    console = context.new_page()
    console.goto(f"{hostile.console}/sandboxes/adas")
    with (
        context.expect_page() as opened
    ):  # without `noopener`, so that the headers alone must cut the two apart
        console.evaluate(f"void window.open('{hostile.console}/sandboxes/adas/pages/payments/hostile')")
    victim = opened.value
    victim.wait_for_load_state("networkidle")
    assert urlsplit(victim.url).path == "/s/adas/public/payments/hostile"
    framed = [frame.title() for page in context.pages for frame in page.frames[1:]]
    assert not any("adas" in title for title in framed)
    for form in ("remove", "logout", "other"):
        victim.click(f"#{form} button")
        victim.wait_for_load_state("networkidle")
        victim.goto(f"{hostile.proxy}/s/adas/public/payments/hostile")
    victim.wait_for_load_state("networkidle")

    assert hostile.caught == ({"ran"} if policy == OPAQUE else set())
    assert yard.served.queue.jobs == []
    assert not any(path == "/public/payments/form" for _, path, _ in hostile.seen)
    assert context.service_workers == []
    assert console.url == f"{hostile.console}/sandboxes/adas"
    check_cookies(context, secret)
    if policy == crossing.POLICY:  # the block's own form, written to its own address, works
        victim.click("#own button")
        victim.wait_for_url("**/s/adas/public/payments/form")
        assert [method for method, path, _ in hostile.seen if path == "/public/payments/form"] == ["POST"]
    console.reload()
    assert console.title().startswith("adas")
    context.close()


def check_cookies(context: BrowserContext, secret: str) -> None:
    """The shelf holds what we put there, and the block's under its own name and path alone."""
    shelf = {(each["name"], each["path"]): each["value"] for each in context.cookies()}
    assert shelf.pop((COOKIE, "/")) == secret
    assert shelf.pop((PAGES, "/s/adas/")) != "tossed"
    assert {name for name, _ in shelf} <= {f"block.adas.payments.{name}" for name in (COOKIE, PAGES)}
    assert {path for _, path in shelf} == {"/s/adas/public/payments"}
