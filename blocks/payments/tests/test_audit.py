"""Budgets that hold, periods that stay closed, breaks that are named, a journal to take away."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.app import Kit
from blockkit.testing import PeersDouble
from blocks.payments.batches import Order, accept
from blocks.payments.reconciliation import Approved, Break, Reported, Witnessed, compare, count_kinds

Bulk = Callable[..., dict[str, Any]]
DAY = date(2026, 1, 10)


@pytest.fixture
def officer(client: TestClient, peers: PeersDouble) -> TestClient:
    client.headers["Authorization"] = peers.token("officer", "treasury-officer", "auditor")
    return client


def code_of(client: TestClient, body: dict[str, Any]) -> tuple[int, str]:
    answer = client.post("/bulk-payment", json=body)
    return answer.status_code, answer.json()["ResponseDescription"]


def test_a_programme_spends_its_budget_and_not_more(
    officer: TestClient, network: Any, bulk: Bulk, auditor: psycopg.Connection[Any]
) -> None:
    network.institutions.closed.add("ACC1")
    path = "/programmes/cash-transfer/budget"
    assert officer.get(path, params={"currency": "XTS"}).status_code == 404
    set_to = {"currency": "XTS", "ceiling": 60}
    assert officer.put(path, json=set_to).json()["left"] == 60
    assert code_of(officer, bulk("B1", 0, 1, 2))[0] == 200
    network.callback()
    assert officer.get(path, params={"currency": "XTS"}).json()["spent"] == 40, "a rejected one is not spent"
    assert "budget" in code_of(officer, bulk("B2", 3, 4, Period="2026-02"))[1]
    assert code_of(officer, bulk("B3", 3, Period="2026-02"))[0] == 200
    network.callback()
    with pytest.raises(psycopg.errors.CheckViolation, match="overspent"):
        auditor.execute(
            "INSERT INTO instructions SELECT batch_id, 'one more', 99, 'somebody', 1, currency, narration,"
            " programme, '', institution, account_number, 'pending' FROM instructions LIMIT 1"
        )
    officer.put(path, json={**set_to, "ceiling": 10})
    assert officer.get(path, params={"currency": "XTS"}).json()["left"] == -50


def test_a_closed_period_takes_no_entry(
    kit: Kit, officer: TestClient, auditor: psycopg.Connection[Any], make_order: Callable[..., Order]
) -> None:
    today = officer.post("/_sandbox/clock", json={"offset_seconds": 40 * 86400}).json()["today"]
    assert officer.post("/ledger/closings", json={"until": today}).status_code == 409
    until = kit.clock.today().isoformat()
    for _ in range(2):
        assert officer.post("/ledger/closings", json={"until": until}).json() == {"closedUntil": until}
    with pytest.raises(psycopg.errors.CheckViolation, match="is closed"), kit.records.transaction() as db:
        accept(db, make_order("B1", 0), kit.clock.today())
    with kit.records.transaction() as db:
        accept(db, make_order("B1", 0), date.fromisoformat(today))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        auditor.execute("DELETE FROM closings")


def test_the_journal_can_be_taken_away_and_adds_up(officer: TestClient, network: Any, bulk: Bulk) -> None:
    officer.post("/bulk-payment", json=bulk("B1", 0, 1))
    network.callback()
    answer = officer.get("/ledger/journals.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(answer.text.splitlines()))
    assert sum(int(line["minor_units"]) for line in lines) == 0
    numbers = sorted({int(line["number"]) for line in lines})
    assert numbers == list(range(1, len(numbers) + 1))
    trial = officer.get("/ledger/trial-balance").json()
    assert (trial["journals"], trial["imbalance"]) == (len(numbers), 0)


def test_a_silent_witness_is_no_agreement(officer: TestClient, network: Any, bulk: Bulk) -> None:
    body = bulk("B1", 0)
    officer.post("/bulk-payment", json=body)
    network.callback()
    network.institutions.fault = lambda answer: type(answer)(503, text="away")
    asked = {"batchId": body["BatchID"]}
    assert officer.post("/reconciliations", json=asked).status_code == 502
    assert officer.post("/reconciliations", json={"batchId": "none"}).status_code == 404


APPROVED = [Approved(name, f"P-{name}", 100) for name in ("A", "B", "C", "D", "E")]
REPORTED = [Reported(one.instruction_id, one.payee, 100, "credited") for one in APPROVED]
ARRIVED = [Witnessed(one.instruction_id, one.payee, 100, DAY) for one in APPROVED]


def test_three_equal_accounts_have_no_break() -> None:
    assert compare(APPROVED, REPORTED, ARRIVED, DAY) == []
    rejected = [Reported("A", "P-A", 100, "rejected"), *REPORTED[1:]]
    assert compare(APPROVED, rejected, ARRIVED[1:], DAY) == []


def test_every_kind_of_break_is_found() -> None:
    witnessed = [
        Witnessed("B", "P-B", 100, DAY),
        Witnessed("B", "P-B", 100, DAY),
        Witnessed("C", "P-C", 99, DAY),
        Witnessed("D", "P-X", 100, DAY),
        Witnessed("E", "P-E", 100, date(2026, 1, 13)),
    ]
    more = Reported("F", "P-F", 1, "credited")
    breaks = compare(APPROVED, [*REPORTED, more], witnessed, DAY)
    assert [(one.kind, one.instruction_id) for one in breaks] == [
        ("missing", "A"),
        ("doubled", "B"),
        ("wrong-amount", "C"),
        ("wrong-payee", "D"),
        ("late", "E"),
        ("not-ordered", "F"),
    ]
    assert set(count_kinds(breaks).values()) == {0, 1}


def test_a_payer_that_changed_the_order_is_found_too() -> None:
    ours = [Reported("A", "P-Z", 7, "credited"), Reported("B", "P-B", 100, "rejected")]
    breaks = compare(APPROVED[:3], ours, ARRIVED[:2], DAY)
    assert breaks == [
        Break("wrong-amount", "A", "the amounts differ"),
        Break("wrong-payee", "A", "the payees differ"),
        Break("unreported", "B", "the witness has a credit, payments says rejected"),
        Break("missing", "C", "approved, and payments has no such instruction"),
    ]


def test_a_credit_is_taken_back_whole_from_whom_it_was_given(
    kit: Kit, work: Callable[[], None], make_order: Callable[..., Order], auditor: psycopg.Connection[Any]
) -> None:
    with kit.records.transaction() as db:
        accept(db, make_order("B1", 0, 1), kit.clock.today())
    work()
    credit = "(SELECT min(number) FROM journals WHERE kind = 'credit')"
    last = "(SELECT max(number) FROM journals)"
    for account, amount in (("payee:PAYEE000000000000001:XTS", 2000), ("payee:PAYEE000000000000000:XTS", 1)):
        with pytest.raises(psycopg.errors.CheckViolation, match="takes back no credit"):
            auditor.execute(
                "INSERT INTO journals (kind, batch_id, instruction_id, contra_of, booked_on)"
                " SELECT 'reversal', batch_id, instruction_id, number, '2026-01-01' FROM journals"
                f" WHERE number = {credit};"
                f"INSERT INTO postings VALUES ({last}, '{account}', {-amount}),"
                f" ({last}, 'funding:XTS', {amount})"
            )
