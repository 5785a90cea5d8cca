"""A workshop's whole life: opened, joined, joined again, looked at, closed."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from sandbox.controlplane.access import COOKIE
from sandbox.controlplane.plane import Rules
from sandbox.controlplane.proxy.app import Proxy
from sandbox.controlplane.workshops import LETTERS
from sandbox.store import accounts
from sandbox.store.jobs import Job
from sandbox.store.schema import Account, Credential, JobRow, SandboxRow, SeatRow
from sandbox.store.store import Store
from tests.fakes.planes import ORIGIN, Served, serve_on
from tests.fakes.stores import NOON, somebody

ASKED: dict[str, Any] = {
    "title": "First <b>group</b>",
    "scenario": "cash-transfer",
    "seats": 5,
    "roles": ["officer", "citizen"],
}


@pytest.fixture
def served(store: Store, tmp_path: Path) -> Served:
    return serve_on(store, tmp_path, Rules(sandboxes=6, sandboxes_per_account=2))


@pytest.fixture
def trainer(served: Served, store: Store) -> TestClient:
    return served.program(somebody(store, "Tess", "trainer"))


def opened(trainer: TestClient, **changed: Any) -> dict[str, Any]:
    answer = trainer.post("/api/v1/workshops", json={**ASKED, **changed})
    assert answer.status_code == 202, answer.text
    view: dict[str, Any] = answer.json()
    return view


def join(client: TestClient, code: str, name: str = "Ada", pin: str = "2468") -> Any:
    return client.post("/api/v1/workshops/join", json={"code": code, "name": name, "pin": pin})


def bearer(joined: Any) -> dict[str, str]:
    assert joined.status_code == 200, joined.text
    return {"authorization": f"Bearer {joined.json()['token']}"}


def test_seats_are_dealt_over_as_many_sandboxes_as_the_roles_need(
    served: Served, trainer: TestClient
) -> None:
    shop = opened(trainer)
    assert [(seat["number"], seat["role"]) for seat in shop["seats"]] == [
        (1, "officer"),
        (2, "citizen"),
        (3, "officer"),
        (4, "citizen"),
        (5, "officer"),
    ]
    assert len({seat["sandbox"] for seat in shop["seats"]}) == len(served.queue.jobs) == 3
    assert shop["seats"][0]["sandbox"] == shop["seats"][1]["sandbox"]
    assert re.fullmatch(f"[{LETTERS}]{{6}}", shop["code"])
    # A trainer's own sandboxes are counted without those of the class.
    assert trainer.post("/api/v1/sandboxes", json={"scenario": "cash-transfer"}).status_code == 202


def test_a_repeated_order_opens_one_workshop(served: Served, trainer: TestClient) -> None:
    key = {"Idempotency-Key": "one"}
    ids = {trainer.post("/api/v1/workshops", json=ASKED, headers=key).json()["id"] for _ in range(2)}
    assert len(ids) == 1
    assert len(served.queue.jobs) == 3


@pytest.mark.parametrize(
    ("seats", "told"),
    [
        (100, "100 seats, 2 to a sandbox, need 50 sandboxes; this machine has memory for 6"),
        (8, "need 4 sandboxes; of the 6 that this machine has memory for, 3 are free"),
    ],
)
def test_one_that_is_larger_than_the_machine_starts_nothing(
    served: Served, trainer: TestClient, seats: int, told: str
) -> None:
    opened(trainer)
    refused = trainer.post("/api/v1/workshops", json={**ASKED, "seats": seats})
    assert (refused.status_code, told in refused.json()["detail"]) == (409, True)
    assert len(served.queue.jobs) == 3


def test_only_trainers_hold_workshops(served: Served, store: Store) -> None:
    other = served.program(somebody(store, "Pia", "pilot"))
    assert other.post("/api/v1/workshops", json=ASKED).status_code == 403


def test_a_participant_sees_the_sandbox_of_their_seat_and_may_not_change_it(
    served: Served, trainer: TestClient
) -> None:
    shop = opened(trainer)
    client = served.program(None)
    ada, ben, eve = (bearer(join(client, shop["code"].lower(), name)) for name in ("Ada", "Ben", "Eve"))
    first, _, third = (seat["sandbox"] for seat in shop["seats"][:3])
    for who, mine, foreign in ((ada, first, third), (ben, first, third), (eve, third, first)):
        listed = client.get("/api/v1/sandboxes", headers=who).json()["items"]
        assert [each["name"] for each in listed] == [mine]
        assert client.get(f"/api/v1/sandboxes/{mine}", headers=who).status_code == 200
        assert client.get(f"/api/v1/sandboxes/{foreign}", headers=who).status_code == 404
        assert client.delete(f"/api/v1/sandboxes/{foreign}", headers=who).status_code == 404
        refused = client.delete(f"/api/v1/sandboxes/{mine}", headers=who)
        assert refused.status_code == 403
        assert "is your trainer's" in refused.json()["detail"]
        for path in ("", f"/{shop['id']}"):
            assert client.get(f"/api/v1/workshops{path}", headers=who).status_code == 403


def test_a_participant_reaches_the_blocks_and_neither_the_secret_nor_the_controls(
    served: Served, store: Store, trainer: TestClient
) -> None:
    shop = opened(trainer)
    client = served.program(None)
    ada = bearer(join(client, shop["code"]))
    mine = shop["seats"][0]["sandbox"]
    assert client.get(f"/api/v1/sandboxes/{mine}/access", headers=ada).status_code == 403
    with TestClient(Proxy(served.plane), base_url=ORIGIN) as pages:
        hers = {"sandbox-token": ada["authorization"].removeprefix("Bearer ")}
        owners = {"sandbox-token": trainer.headers["authorization"].removeprefix("Bearer ")}
        root = f"/s/{mine}/r1/SBX/GOV/CENTRAL"
        # Whoever may go on is told that the sandbox does not run yet.
        assert pages.post(f"{root}/sandbox/reset", headers=hers).status_code == 403
        assert pages.post(f"{root}/s%61ndbox/reset", headers=hers).status_code == 403
        assert pages.get(f"{root}/payments/batches", headers=hers).status_code == 409
        assert pages.post(f"{root}/sandbox/reset", headers=owners).status_code == 409


def test_a_form_that_is_sent_twice_opens_one_workshop(served: Served, store: Store) -> None:
    tess = somebody(store, "Tess", "trainer")
    with store.session() as session:
        secret = accounts.issue(session, "session", account=tess.id, now=NOON, lifetime=timedelta(hours=1))
    with served.browser() as browser:
        browser.cookies.set(COOKIE, secret)
        page = browser.get("/workshops").text
        said = dict(re.findall('type="hidden" name="([a-z]+)" value="([^"]*)"', page.partition("<main")[2]))
        said |= {
            "title": "First",
            "scenario": "cash-transfer",
            "seats": "2",
            "roles": "officer",
            "size": "10",
        }
        opened_at = {browser.post("/workshops", data=said).headers["location"] for _ in range(2)}
    assert len(opened_at) == 1


def test_one_joins_again_by_name_and_pin_and_is_then_nowhere_else(
    served: Served, trainer: TestClient
) -> None:
    code = opened(trainer)["code"]
    client = served.program(None)
    before = bearer(join(client, code))
    again = join(client, code, "ADA")
    assert again.json()["seat"]["number"] == 1
    assert client.get("/api/v1/me", headers=before).status_code == 401
    assert client.get("/api/v1/me", headers=bearer(again)).json()["role"] == "participant"
    assert join(client, code, pin="1357").status_code == 401


REFUSED = [
    ({"code": "ZZZZZZ"}, 401, "no open workshop has the code 'ZZZZZZ'"),
    ({"code": "\0"}, 401, "no open workshop"),
    ({"name": "<script>"}, 422, "can't be used"),
    ({"name": "\u202eada"}, 422, "can't be used"),
    ({"pin": "123"}, 422, "choose 4 to 8 digits"),
    ({"pin": "abcd"}, 422, "choose 4 to 8 digits"),
]


def test_who_can_t_join_is_told_why(served: Served, trainer: TestClient) -> None:
    code, client = opened(trainer)["code"], served.program(None)
    for changed, status, told in REFUSED:
        refused = join(client, **{"code": code, **changed})
        assert (refused.status_code, told in refused.json()["detail"]) == (status, True), refused.text


def test_a_full_workshop_takes_nobody_else(served: Served, trainer: TestClient) -> None:
    code = opened(trainer, seats=1)["code"]
    client = served.program(None)
    assert join(client, code).status_code == 200
    refused = join(client, code, "Ben")
    assert (refused.status_code, "every seat" in refused.json()["detail"]) == (409, True)


def test_pins_can_t_be_tried_out(served: Served, trainer: TestClient) -> None:
    code = opened(trainer)["code"]
    client = served.program(None)
    join(client, code)
    for number in range(served.plane.rules.login_failures):
        assert join(client, code, "ada" if number % 2 else "Ada", "0000").status_code == 401
    assert join(client, code).status_code == 429
    assert join(client, code, "Ben").status_code == 200
    served.now.turn(served.plane.rules.login_window)
    assert join(client, code).status_code == 200


def test_closing_leaves_nobody_and_nothing(served: Served, trainer: TestClient, store: Store) -> None:
    shop = opened(trainer)
    client = served.program(None)
    ada = bearer(join(client, shop["code"]))
    for _ in range(2):
        closed = trainer.post(f"/api/v1/workshops/{shop['id']}/close")
        assert (closed.status_code, closed.json()["state"]) == (202, "closed")
    assert {(seat["state"], seat["name"]) for seat in closed.json()["seats"]} == {("removing", None)}
    assert client.get("/api/v1/me", headers=ada).status_code == 401
    assert join(client, shop["code"]).status_code == 401
    with store.session() as session:
        assert session.scalars(select(Account.name)).all() == ["Tess"]
        assert len(session.scalars(select(Credential)).all()) == 1
        assert not [row for row in session.scalars(select(SeatRow)) if row.name or row.pin or row.account]
        removed = session.scalars(select(JobRow.subject).where(JobRow.kind == Job.REMOVE)).all()
        assert sorted(removed) == sorted(session.scalars(select(SandboxRow.id)).all())


def test_the_board_shows_who_sits_where_and_who_was_helped(served: Served, store: Store) -> None:
    tess = somebody(store, "Tess", "trainer")
    with store.session() as session:
        secret = accounts.issue(
            session, "session", account=tess.id, now=served.now(), lifetime=timedelta(hours=1)
        )
    browser, phone = served.browser(), served.browser()
    browser.cookies.set(COOKIE, secret)
    word = re.search(r'name="csrf" value="(\w+)"', browser.get("/workshops").text)
    assert word is not None
    form = {"title": "<b>One</b>", "scenario": "cash-transfer", "seats": "2", "roles": "officer, citizen"}
    made = browser.post("/workshops", data={**form, "size": "10", "csrf": word[1]})
    assert made.status_code == 303, made.text
    board = made.headers["location"]
    page = browser.get(board).text
    assert "&lt;b&gt;One&lt;/b&gt;" in page
    assert "<svg" in page
    code = re.search(r'class="code">(\w+)<', page)
    assert code is not None
    assert f'value="{code[1]}"' in phone.get(f"/join?code={code[1]}").text
    said = {"code": code[1], "name": "Ada", "pin": "2468"}
    assert phone.post("/join", data={**said, "pin": "1"}).status_code == 422
    joined = phone.post("/join", data=said)
    assert joined.status_code == 303
    seen = phone.get(joined.headers["location"]).text
    assert "Your role: <bdi>officer</bdi>" in seen
    assert "Remove it" not in seen
    served.now.turn(timedelta(minutes=7))
    assert "7 minutes ago" in browser.get(board).text
    phone.get("/sandboxes")
    assert "just now" in browser.get(board).text
    helped = f"{board}/seats/1/helped"
    assert browser.post(helped, data={"csrf": "0"}).status_code == 403
    assert browser.post(helped, data={"csrf": word[1]}).status_code == 303
    assert browser.get(board).text.count("just now") == 2
    assert browser.post(f"{board}/close", data={"csrf": word[1]}).status_code == 303
    assert "This workshop was closed" in browser.get(board).text
    assert phone.get("/sandboxes").headers["location"] == "/login"
