"""Who gets in and who does not: every route is tried as nobody and as somebody whose thing it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from sandbox.controlplane.access import COOKIE
from sandbox.controlplane.app import create_app
from sandbox.controlplane.passwords import hash_password
from sandbox.store import accounts, journal, wishes
from sandbox.store.store import Store
from tests.fakes.planes import Served, serve_on
from tests.fakes.stores import NOON, somebody

OPEN = {"/login", "/welcome", "/healthz", "/tokens.css", "/join", "/api/v1/workshops/join"}
PASSWORD = "seven green kettles"
PEOPLE = {"people": {"pack": "zz", "size": 10, "seed": 1, "dirt": "none"}}


@pytest.fixture
def served(store: Store, tmp_path: Path) -> Served:
    return serve_on(store, tmp_path)


def routes(served: Served) -> Iterator[tuple[str, str]]:
    """Give method and path of every route, with somebody's things in the path."""
    known = {"name": "adas", "run": "0" * 16, "slug": "cash-transfer", "account": "0" * 16}
    known |= {"workshop": "1" * 16, "number": "1"}
    for route, above in walk(create_app(served.plane).router, ""):
        path = re.sub(r"{(\w+)(?::path)?}", lambda part: known.get(part[1], "reset"), above + route.path)
        for method in sorted(route.methods or ()):
            yield method, path


def walk(router: Any, above: str) -> Iterator[tuple[APIRoute, str]]:
    """Give every route with the prefix of the routers that its own is in."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from walk(inner, above + getattr(router, "prefix", ""))
        elif isinstance(route, APIRoute):
            yield route, above


def invite(served: Served, role: str = "admin") -> str:
    with served.plane.store.session() as session:
        return accounts.issue(session, "invitation", role=role, now=NOON, lifetime=timedelta(hours=1))


def test_no_route_answers_nobody(served: Served) -> None:
    tried = 0
    with served.program(None) as nobody:
        for method, path in routes(served):
            if path in OPEN:
                continue
            answer = nobody.request(method, path)
            wanted = 401 if path.startswith(("/api/", "/metrics")) else 303
            assert (answer.status_code, path) == (wanted, path)
            if wanted == 303:
                assert answer.headers["location"] == "/login"
            tried += 1
    assert tried > 30


@pytest.mark.parametrize("role", ["participant", "trainer"])
def test_nobody_sees_or_changes_what_is_another_s(served: Served, store: Store, role: str) -> None:
    ada, who = somebody(store), somebody(store, "Ben", role)
    with store.session() as session:
        wishes.add_sandbox(session, name="adas", owner=ada.id, wish=PEOPLE, now=NOON, expires=None)
        run = wishes.add_run(session, owner=ada.id, scenario="cash-transfer", wish=PEOPLE, now=NOON).id
    body = {"title": "Adas", "scenario": "cash-transfer", "seats": 1}
    with served.program(somebody(store, "Tess", "trainer")) as trainer:
        workshop = trainer.post("/api/v1/workshops", json=body).json()["id"]
    served.queue.jobs.clear()
    tried = 0
    bodies = {
        "POST /api/v1/sandboxes/adas/lease": {"seconds": 3600},
        "POST /api/v1/sandboxes/adas/checkpoints": {"name": "mine"},
        "POST /api/v1/sandboxes/adas/clock": {"to": "2030-01-01"},
        "POST /api/v1/sandboxes/adas/faults": {"fault": "delay", "block": "payments"},
        "POST /api/v1/sandboxes": {"scenario": "cash-transfer"},
        "POST /api/v1/runs": {"scenario": "cash-transfer"},
        "POST /api/v1/invitations": {"role": "admin"},
        "POST /api/v1/workshops": body,
    }
    own = {f"POST {at}{thing}" for at in ("/", "/api/v1/") for thing in ("sandboxes", "runs", "workshops")}
    mine = {"/api/v1/me", "/api/v1/tokens", "/logout"}
    with served.program(who) as program:
        for method, given in routes(served):
            path = given.replace("0" * 16, run).replace("1" * 16, workshop)
            listed = method == "GET" and not re.search(rf"adas|accounts|audit|{run}|{workshop}", path)
            if listed or path in OPEN or path in mine or (role == "trainer" and f"{method} {path}" in own):
                continue
            answer = program.request(method, path, json=bodies.get(f"{method} {path}"))
            assert answer.status_code in (403, 404), (method, path, answer.text[:200])
            tried += 1
    assert tried >= 20
    assert served.queue.jobs == []


def test_the_first_link_makes_one_admin_and_then_nothing(served: Served) -> None:
    said = {"invitation": invite(served), "name": "Ada  Lovelace", "password": PASSWORD}
    with served.browser() as browser:
        answer = browser.post("/welcome", data=said)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        me = browser.get("/api/v1/me").json()
        assert (me["name"], me["role"]) == ("Ada Lovelace", "admin")
    with served.browser() as another:
        again = another.post("/welcome", data={**said, "name": "Ben"})
        assert again.status_code == 401
        assert "was used, or has run out" in again.text
        assert another.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"password": "short"}, "the password has 5 characters"),
        ({"name": "<script>"}, "the name &#39;&lt;script&gt;&#39; can&#39;t be used"),
        ({"name": " "}, "can&#39;t be used"),
        ({"name": "Ben"}, "there is an account &#39;Ben&#39; already"),
    ],
)
def test_an_account_that_can_t_be_made_leaves_its_invitation_good(
    served: Served, store: Store, changed: dict[str, str], told: str
) -> None:
    somebody(store, "Ben")
    said = {"invitation": invite(served), "name": "Ada", "password": PASSWORD}
    with served.browser() as browser:
        refused = browser.post("/welcome", data={**said, **changed})
        assert refused.status_code in (409, 422)
        assert told in refused.text
        assert browser.post("/welcome", data=said).status_code == 303


def test_one_logs_in_with_name_and_password_and_out_again(served: Served, store: Store) -> None:
    somebody(store, password=hash_password(PASSWORD))
    with served.browser() as browser:
        for name, password in (("Ada", "wrong"), ("Eve", PASSWORD)):
            answer = browser.post("/login", data={"name": name, "password": password})
            assert answer.status_code == 401
            assert "the name or the password is wrong" in answer.text
        assert browser.post("/login", data={"name": "Ada", "password": PASSWORD}).status_code == 303
        page = browser.get("/")
        word = re.search(r'name="csrf" value="(\w+)"', page.text)
        assert page.status_code == 200
        assert word is not None
        kept = browser.cookies[COOKIE]
        assert browser.post("/logout", data={"csrf": word[1]}).status_code == 303
        browser.cookies.set(COOKIE, kept)
        assert browser.get("/api/v1/me").status_code == 401


def test_passwords_can_t_be_tried_out(served: Served, store: Store) -> None:
    somebody(store, password=hash_password(PASSWORD))
    with served.browser() as browser:
        for _ in range(served.plane.rules.login_failures):
            browser.post("/login", data={"name": "Ada", "password": "wrong"})
        refused = browser.post("/login", data={"name": "Ada", "password": PASSWORD})
        assert refused.status_code == 429
        assert "too many" in refused.text
        served.now.turn(served.plane.rules.login_window)
        assert browser.post("/login", data={"name": "Ada", "password": PASSWORD}).status_code == 303


def test_a_class_shares_an_address_and_one_of_it_locks_out_nobody_else(served: Served, store: Store) -> None:
    somebody(store, password=hash_password(PASSWORD))
    with served.browser() as browser:
        for _ in range(served.plane.rules.login_failures + 1):
            browser.post("/login", data={"name": "Ben", "password": "wrong"})
        assert browser.post("/login", data={"name": "Ada", "password": PASSWORD}).status_code == 303
        with store.session() as session:
            for _ in range(served.plane.rules.login_failures_from):
                journal.enter_deed(
                    session, now=NOON, account="x", action="log-in-failed", address="testclient"
                )
        assert browser.post("/login", data={"name": "Ada", "password": PASSWORD}).status_code == 429


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": ""},
    ],
)
def test_a_foreign_page_can_t_use_one_s_session(
    served: Served, store: Store, headers: dict[str, str]
) -> None:
    ada = somebody(store)
    with store.session() as session:
        secret = accounts.issue(session, "session", account=ada.id, now=NOON, lifetime=timedelta(hours=1))
    with served.browser() as browser:
        browser.cookies.set(COOKIE, secret)
        asked = {"scenario": "cash-transfer"}
        assert browser.post("/api/v1/sandboxes", json=asked, headers=headers).status_code == 403
        assert browser.post("/api/v1/sandboxes", json=asked).status_code == 202
        form = {"scenario": "cash-transfer", "pack": "zz", "size": "9", "seed": "1", "runtime": "local"}
        assert browser.post("/sandboxes", data=form).status_code == 403
        assert browser.post("/sandboxes", data={**form, "csrf": "0" * 64}).status_code == 403


def test_a_session_that_has_run_out_is_sent_to_the_log_in(served: Served, store: Store) -> None:
    ada = somebody(store)
    with store.session() as session:
        secret = accounts.issue(session, "session", account=ada.id, now=NOON, lifetime=timedelta(hours=1))
    with served.browser() as browser:
        browser.cookies.set(COOKIE, secret)
        assert browser.get("/sandboxes").status_code == 200
        served.now.turn(timedelta(hours=1))
        assert browser.get("/sandboxes").headers["location"] == "/login"


def test_a_name_that_is_not_ours_is_not_answered(served: Served) -> None:
    with served.browser() as browser:
        for host in ("evil.example", "localhost.evil.example", "evil.example:8800", ""):
            refused = browser.get("/login", headers={"host": host})
            assert refused.status_code == 421
        assert browser.get("/login", headers={"host": "localhost:8800"}).status_code == 200


def test_every_page_forbids_what_it_does_not_need(served: Served) -> None:
    with served.browser() as browser:
        headers = browser.get("/login").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_pages_hold_no_script_or_style_of_their_own() -> None:
    for path in Path("sandbox/controlplane/console/templates").glob("*.j2"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", text), path


def test_every_request_has_a_line_without_anybody_s_id_and_its_answer_says_which(
    served: Served, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="sandbox.controlplane")
    with served.program(somebody(store)) as program:
        answers = [program.get(f"/api/v1/runs/{run}?code=secret") for run in ("one", "two")]
        assert len({answer.headers["x-request-id"] for answer in answers}) == 2
    assert [each.getMessage() for each in caplog.records] == ["GET /api/v1/runs/{run}"] * 2


def test_a_fault_of_ours_is_found_in_the_log_by_what_its_answer_says(
    served: Served, store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*arguments: object, **named: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(wishes, "list_sandboxes", break_down)
    with served.program(somebody(store)) as program:
        told = program.get("/api/v1/sandboxes")
    assert told.status_code == 500
    assert "at request " in told.json()["detail"]
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == [
        "GET /api/v1/sandboxes broke"
    ]
