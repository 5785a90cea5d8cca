"""Several workers, ended sessions, a witness that goes away: everybody is paid, and nobody twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import psycopg
from starlette.testclient import TestClient

from blockkit.app import Kit, make_kit
from blockkit.standalone import Server
from blockkit.testing import as_mediator, environment_for
from blocks.payments.app import create_app
from blocks.payments.batches import Order, accept
from blocks.payments.completion import complete_next
from blocks.payments.settlement import reserve_next, settle_next

Bulk = Callable[..., dict[str, Any]]


def test_two_workers_share_the_work_and_tell_each_batch_once(
    kit: Kit, client: TestClient, database: str, network: Any, bulk: Bulk
) -> None:
    second = create_app(environment_for(database), network.transport(), lambda _: 0.0)
    with as_mediator(second) as other:
        for number in range(8):
            one = client if number % 2 else other
            assert one.post("/bulk-payment", json=bulk(f"B{number}", number % 8)).status_code == 200
        told = sorted(network.callback()["correlation"] for _ in range(8))
    assert told == sorted(set(told))
    assert network.institutions.total == client.get("/ledger/credits").json()["sum"] == 160
    assert network.mailbox.empty()


def test_a_worker_whose_sessions_were_ended_goes_on(
    client: TestClient, postgres: Server, database: str, network: Any, bulk: Bulk
) -> None:
    client.post("/bulk-payment", json=bulk("B1", 0))
    network.callback()
    name = database.rpartition("/")[2]
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    assert client.post("/bulk-payment", json=bulk("B2", 1)).status_code == 200
    assert network.callback()["body"]["credited"] == 1


def test_an_institution_that_is_away_is_asked_until_it_answers(
    kit: Kit, network: Any, work: Callable[[], None], make_order: Callable[..., Order]
) -> None:
    answers = [httpx2.Response(502)] * 5
    network.institutions.fault = lambda answer: answers.pop() if answers else answer
    with kit.records.transaction() as db:
        accept(db, make_order("B1", 0, 1), kit.clock.today())
    work()
    with kit.records.transaction() as db:
        row = db.execute("SELECT sum(failures) AS failures, count(*) AS paid FROM instructions").fetchone()
        kinds = db.execute("SELECT kind, count(*) AS n FROM journals GROUP BY 1 ORDER BY 1").fetchall()
    assert row is not None
    assert row["failures"] > 0
    assert [(kind["kind"], kind["n"]) for kind in kinds] == [
        ("allot", 1),
        ("credit", 2),
        ("grant", 1),
        ("reserve", 2),
    ]


def test_what_another_worker_holds_is_left_to_it(
    kit: Kit, database: str, network: Any, work: Callable[[], None], make_order: Callable[..., Order]
) -> None:
    # A worker that waited for the other's rows would break here instead of hanging the test.
    url = f"{database}?options=-c%20lock_timeout%3D5s"
    other = make_kit("payments", environment_for(url), network.transport())
    other.records.open()
    order = make_order("B1", 0, 2)
    with kit.records.transaction() as db:
        accept(db, order, kit.clock.today())
    with kit.records.transaction() as db:
        db.execute("SELECT FROM instructions WHERE payee = %s FOR UPDATE", [order.credits[0].payee])
        assert reserve_next(other)
        assert settle_next(other, lambda _: 0.0)
        assert not reserve_next(other)
    assert list(network.institutions.paid) == [order.credits[1].instruction_id]
    assert reserve_next(other)
    assert settle_next(other, lambda _: 0.0)
    with kit.records.transaction() as db:
        db.execute("SELECT FROM batches FOR UPDATE")
        assert not complete_next(other)
    work()
    assert network.callback()["body"]["credited"] == 2
    other.records.close()
    other.peers.close()
