"""The console's pages in a browser: what axe-core finds wrong, and the way through by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from sandbox.controlplane.access import COOKIE
from sandbox.controlplane.app import create_app
from sandbox.controlplane.passwords import hash_password
from sandbox.store import accounts, journal, wishes
from sandbox.store.schema import Account
from sandbox.store.store import Store
from tests.fakes.insides import exchange, planted, stand_in
from tests.fakes.planes import Served, serve_on
from tests.fakes.serving import serving
from tests.fakes.stores import NOON, somebody
from tests.nodes import install

PASSWORD = "seven green kettles"
WISH: dict[str, Any] = {
    "scenario": "cash-transfer",
    "people": {"pack": "zz", "size": 1000, "seed": 1, "dirt": "none"},
}
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
LOOKS = [("light", WIDE), ("dark", WIDE), ("light", NARROW)]
INSIDE = ("controls", "exchanges", "exchanges?individual=ID-1", "exchanges?individual=nobody")
MOST_TABS = 60
"""More than any page has that can be reached."""
JUDGE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
  (each) => `${each.id}: ${each.help}: ${each.nodes.map((node) => node.target.join(" ")).join(", ")}`)"""
FOCUSED = "() => (document.activeElement.labels?.[0] || document.activeElement).innerText.trim()"


@pytest.fixture
def served(store: Store, tmp_path: Path) -> Served:
    return serve_on(store, tmp_path)


@contextmanager
def seen(browser: Browser, url: str, **how: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=url, reduced_motion="reduce", **how)
    try:
        yield context.new_page()
    finally:
        context.close()


def fill(store: Store, ada: Account) -> list[str]:
    """Give Ada sandboxes and runs in every state that a page shows; returns the pages."""
    pages = ["/", "/scenarios/cash-transfer", "/sandboxes", "/runs", "/sandboxes/nobodys"]
    pages += [f"/sandboxes/it-running/{part}" for part in INSIDE]
    with store.session() as session:
        for state in ("asked", "running", "failed"):
            row = wishes.add_sandbox(
                session, name=f"it-{state}", owner=ada.id, wish=WISH, now=NOON, expires=NOON
            )
            row.state, row.url = state, "http://127.0.0.1:1/"
            row.reason = "no room was left" if state == "failed" else ""
            journal.tell(session, row.id, "stage", {"stage": "seeding", "done": 2, "total": 9}, NOON)
            journal.tell(session, row.id, "state", {"state": state}, NOON)
            pages.append(f"/sandboxes/{row.name}")
        for state, outcome in (("asked", ""), ("failed", ""), ("ended", "passed"), ("ended", "failed")):
            run = wishes.add_run(session, owner=ada.id, scenario="cash-transfer", wish=WISH, now=NOON)
            run.state, run.outcome, run.sentence = state, outcome, "18 of 20 households were paid."
            run.reason = "the machine is full" if state == "failed" else ""
            finish_step(store, run.id)
            pages.append(f"/runs/{run.id}")
    return pages


def hold_workshop(served: Served, trainer: Account) -> list[str]:
    """Have a trainer hold a workshop in which somebody sits; returns its pages."""
    asked = {"title": "First day", "scenario": "cash-transfer", "seats": 3, "roles": ["officer", "citizen"]}
    with served.program(trainer) as program:
        opened = program.post("/api/v1/workshops", json=asked).json()
        joined = {"code": opened["code"], "name": "Ben", "pin": "2468"}
        assert program.post("/api/v1/workshops/join", json=joined).status_code in (200, 201)
    return ["/workshops", f"/workshops/{opened['id']}", f"/join?code={opened['code']}"]


def finish_step(store: Store, run: str) -> None:
    told = {"sentence": "A citizen applies.", "outcome": "passed", "reason": ""}
    with store.session() as session:
        journal.tell(session, run, "step-finished", told, NOON)


@pytest.mark.parametrize(("scheme", "size"), LOOKS, ids=["light", "dark", "phone"])
def test_axe_finds_nothing_wrong_with_any_page(
    served: Served,
    store: Store,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    size: ViewportSize,
) -> None:
    told = stand_in(monkeypatch)
    told.log = [exchange(1, individual="ID-1", fields=("/name",)), exchange(2, refused="no-consent")]
    told.faults = [planted("delay"), planted("error", operation="createPayment", times=3)]
    axe = install("axe-core").folder / "node_modules" / "axe-core" / "axe.min.js"
    ada = somebody(store, role="admin")
    pages = [*fill(store, ada), *hold_workshop(served, ada)]
    with store.session() as session:
        secret = accounts.issue(session, "session", account=ada.id, now=NOON, lifetime=timedelta(hours=1))
    with (
        serving(create_app(served.plane)) as url,
        seen(browser, url, color_scheme=scheme, viewport=size) as page,
    ):
        page.add_init_script(path=axe)
        wrong = {path: judge(page, path) for path in ("/login", "/welcome?invitation=x")}
        page.context.add_cookies([{"name": COOKIE, "value": secret, "url": url}])
        wrong |= {path: judge(page, path) for path in pages}
    assert {path: found for path, found in wrong.items() if found} == {}


def judge(page: Page, path: str) -> list[str]:
    """Say what is wrong with a page: axe's violations, and whether it is wider than the window."""
    answer = page.goto(path, wait_until="domcontentloaded")
    wanted = 404 if "nobodys" in path else 200
    assert answer is not None
    assert answer.status == wanted, f"{path} is no page to judge: {answer.status}"
    found: list[str] = page.evaluate(JUDGE)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("the page is wider than its window")
    return found


def test_one_logs_in_starts_a_run_and_reads_it_by_keyboard_alone(
    served: Served, store: Store, browser: Browser
) -> None:
    somebody(store, password=hash_password(PASSWORD))
    title = served.plane.catalog.scenario("cash-transfer").story.title
    with serving(create_app(served.plane)) as url, seen(browser, url, viewport=WIDE) as page:
        page.goto("/login")
        tab_to(page, "Skip to the content")
        tab_to(page, "Name")
        page.keyboard.type("Ada")
        tab_to(page, "Password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/")
        tab_to(page, title)
        page.keyboard.press("Enter")
        page.wait_for_url("**/scenarios/cash-transfer")
        tab_to(page, "Play it from beginning to end")
        page.keyboard.press("Enter")
        page.wait_for_url("**/runs/*")
        run = page.url.rpartition("/")[2]
        finish_step(store, run)
        page.get_by_text("A citizen applies.").wait_for()
        with store.session() as session:
            row = wishes.find_run(session, run, None)
            row.state, row.outcome, row.sentence = "ended", "passed", "18 of 20 households were paid."
            journal.tell(session, run, "verdict", {"outcome": "passed"}, NOON)
        page.get_by_text("18 of 20 households were paid.").wait_for()
        tab_to(page, "Read the evidence")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/runs/{run}/evidence/index.html")
    assert len(served.queue.jobs) == 1


def tab_to(page: Page, words: str) -> None:
    """Press the tabulator until what these words name has the focus, and can be seen to have it."""
    passed = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if passed[-1] == words:
            drawn = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert drawn != "none", f"{words!r} does not show that it has the focus"
            return
    pytest.fail(f"the keyboard does not reach {words!r} on {page.url}, only {passed}")
