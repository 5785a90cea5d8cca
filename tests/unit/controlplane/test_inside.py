"""What somebody does inside a running sandbox: clock, faults, exchanges, over the API and on pages."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.controlplane.access import COOKIE
from sandbox.controlplane.console import inner_pages
from sandbox.controlplane.console.inner_pages import who_saw
from sandbox.controlplane.inside import MOST_SHOWN
from sandbox.store import accounts, journal, wishes
from sandbox.store.schema import Account
from sandbox.store.store import Store
from tests.fakes.insides import Told, exchange, stand_in
from tests.fakes.planes import Served, serve_on
from tests.fakes.stores import NOON, somebody

WISH = {
    "scenario": "cash-transfer",
    "people": {"pack": "zz", "size": 10, "seed": 1, "dirt": "none"},
}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return stand_in(monkeypatch)


@pytest.fixture
def served(store: Store, tmp_path: Path) -> Served:
    return serve_on(store, tmp_path)


def enter(store: Store, ada: Account, state: str = "running") -> None:
    with store.session() as session:
        row = wishes.add_sandbox(session, name="it", owner=ada.id, wish=WISH, now=NOON, expires=None)
        row.state = state


CHANGES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "clock", {"to": "2026-02-01"}),
    ("POST", "faults", {"fault": "delay", "block": "payments"}),
    ("DELETE", "faults", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_change_is_made_and_noted_but_not_while_a_scenario_is_played(
    served: Served, store: Store, told: Told, method: str, path: str, body: dict[str, Any] | None
) -> None:
    ada = somebody(store)
    enter(store, ada)
    with served.program(ada) as program:
        done = program.request(method, f"/api/v1/sandboxes/it/{path}", json=body)
        assert done.status_code in (200, 204), done.text
        assert told.changes == [(method, f"/{path}", body)]
        with store.session() as session:
            deeds = [each.subject for each in journal.deeds(session, before=None, most=9)]
            played = {**WISH, "sandbox": "it"}
            wishes.add_run(session, owner=ada.id, scenario="cash-transfer", wish=played, now=NOON)
        assert deeds == ["it"]
        refused = program.request(
            method,
            f"/api/v1/sandboxes/it/{path}",
            json=body and {**body, "fault": "drop"} if path == "faults" else body,
        )
        assert refused.status_code == 409
        assert "is being played" in refused.json()["detail"]
    assert len(told.changes) == 1


def test_a_fault_that_is_planted_twice_is_one(served: Served, store: Store, told: Told) -> None:
    ada = somebody(store)
    enter(store, ada)
    with served.program(ada) as program:
        for _ in range(2):
            asked = {"fault": "delay", "block": "payments", "times": 3}
            assert program.post("/api/v1/sandboxes/it/faults", json=asked).status_code == 204
        otherwise = program.post("/api/v1/sandboxes/it/faults", json={**asked, "times": 5})
        assert otherwise.status_code == 409
        assert "planted there already, 3 times" in otherwise.json()["detail"]
        assert len(program.get("/api/v1/sandboxes/it/faults").json()["items"]) == 1
    assert len(told.changes) == 1


def test_of_one_person_every_exchange_is_counted(served: Served, store: Store, told: Told) -> None:
    ada = somebody(store)
    enter(store, ada)
    told.log = [exchange(number, individual="ID-1") for number in range(1, MOST_SHOWN + 10)]
    with served.program(ada) as program:
        listed = program.get("/api/v1/sandboxes/it/exchanges").json()["items"]
        assert (len(listed), listed[0]["number"]) == (MOST_SHOWN, MOST_SHOWN + 9)
        assert len(program.get("/api/v1/sandboxes/it/exchanges?individual=ID-1").json()["items"]) > MOST_SHOWN


def test_a_sandbox_that_does_not_run_has_no_inside(served: Served, store: Store, told: Told) -> None:
    ada = somebody(store)
    enter(store, ada, "starting")
    with served.program(ada) as program:
        for path in ("faults", "exchanges"):
            assert program.get(f"/api/v1/sandboxes/it/{path}").status_code == 409
    assert told.changes == []


def test_the_pages_show_and_change_it(
    served: Served, store: Store, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = somebody(store)
    enter(store, ada)
    told.log = [exchange(1, individual="ID-1", fields=("/name",)), exchange(2)]
    with store.session() as session:
        secret = accounts.issue(session, "session", account=ada.id, now=NOON, lifetime=timedelta(hours=1))
        caller = accounts.recognise(session, "session", secret, NOON)
    assert caller is not None

    def open_one(running: object, person: str) -> str:
        return f"/public/messaging/inbox-page?link={person}"

    monkeypatch.setattr(inner_pages, "open_inbox", open_one)
    with served.browser() as browser:
        browser.cookies.set(COOKIE, secret)
        page = browser.get("/sandboxes/it/controls").text
        assert "2026-01-05" in page
        assert "before-lunch" in page
        word = page.partition('name="csrf" value="')[2].partition('"')[0]
        for path, said in (
            ("clock", {"to": "2026-02-01"}),
            ("fault", {"fault": "delay", "block": "payments", "operation": " ", "times": ""}),
            ("no-fault", {}),
            ("save", {"checkpoint": "mine"}),
            ("restore", {"checkpoint": "before-lunch"}),
        ):
            assert browser.post(f"/sandboxes/it/controls/{path}", data=said).status_code == 403
            answer = browser.post(f"/sandboxes/it/controls/{path}", data={**said, "csrf": word})
            assert answer.status_code == 303, (path, answer.text)
        asked = {"person": "P-1"}
        assert browser.post("/sandboxes/it/inbox", data=asked).status_code == 403
        inbox = browser.post("/sandboxes/it/inbox", data={**asked, "csrf": word}).text
        (link,) = re.findall('href="(/sandboxes/it/pages/[^"]*)"', inbox)
        assert link == "/sandboxes/it/pages/messaging/inbox-page?link=P-1"
        opened = browser.get(link).headers["location"]
        assert opened.endswith("to=public%2Fmessaging%2Finbox-page%3Flink%3DP-1")
        listed = browser.get("/sandboxes/it/exchanges").text
        assert "&lt;b&gt;reads&lt;/b&gt;" in listed
        assert "The newest 2" in listed
        of_one = browser.get("/sandboxes/it/exchanges?individual=ID-1").text
        assert "Who saw the data of <bdi>ID-1" in of_one
        assert "The newest 1" in of_one
    assert [each[:2] for each in told.changes] == [
        ("POST", "/clock"),
        ("POST", "/faults"),
        ("DELETE", "/faults"),
    ]
    assert len(served.queue.jobs) == 2


def test_who_saw_counts_what_was_given_and_not_what_was_refused() -> None:
    sights = who_saw(
        [
            exchange(1, purpose="grant", fields=("/person/name",)),
            exchange(2, purpose="grant", fields=("/person/birthDate",)),
            exchange(3, purpose="audit", fields=("/person/name",), client="auditor"),
            exchange(4, purpose="grant", fields=("/person/name",), refused="no-consent"),
            exchange(5, purpose="grant"),
        ]
    )
    assert [(each.who, each.times, sorted(each.fields)) for each in sights] == [
        ("ministry", 2, ["birthDate", "name"]),
        ("auditor", 1, ["name"]),
    ]
