"""Payments and the payee institutions, each as it is, wired by what stands where the mediator stands."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.payee_institutions import app as witness_app
from blocks.payee_institutions import seed as witness_seed
from blocks.payments import app as payments_app
from blocks.payments import seed as payments_seed
from tests.fakes.waiting import eventually

PREFIX = "/r1/SBX/GOV/CENTRAL/payee-institutions"
PAYEES = [f"PAYEE{n:015}" for n in range(7)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    persons = {
        "person_no": pa.array(range(7), pa.int64()),
        "individual_id": [f"ZZ{n}" for n in range(7)],
        "functional_id": PAYEES,
    }
    accounts = {
        "account_id": pa.array(range(7), pa.int64()),
        "person_no": pa.array(range(7), pa.int64()),
        "institution": ["ZZBANK01", "ZZBANK02", "ZZMOBILE", *["ZZBANK01"] * 4],
        "account_number": [f"ACC{n}" for n in range(7)],
        "kind": ["bank", "bank", "mobile-money", *["bank"] * 4],
        "currency": ["XTS"] * 7,
        "status": ["open"] * 7,
    }
    pq.write_table(pa.table(persons), tmp_path / "persons.parquet")
    pq.write_table(pa.table(accounts), tmp_path / "accounts.parquet")
    (tmp_path / "manifest.json").write_text(json.dumps({"reference_date": "2026-01-01"}))
    return tmp_path


@pytest.fixture
def witness(make_database: Callable[..., str], data: Path) -> Iterator[TestClient]:
    environment = environment_for(make_database(witness_seed.load, data))
    with as_mediator(witness_app.create_app(environment)) as client:
        yield client


@pytest.fixture
def callbacks() -> queue.Queue[dict[str, Any]]:
    return queue.Queue()


Tamper = Callable[[TestClient, str, dict[str, Any]], dict[str, Any]]


@pytest.fixture
def tampering() -> list[Tamper]:
    """What somebody on the way does to a settlement: may send more, and gives what is sent on."""
    return []


@pytest.fixture
def payments(
    make_database: Callable[..., str],
    data: Path,
    witness: TestClient,
    callbacks: queue.Queue[dict[str, Any]],
    tampering: list[Tamper],
    peers: PeersDouble,
) -> Iterator[TestClient]:
    def route(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.startswith("/callbacks/"):
            callbacks.put(json.loads(request.content))
            return httpx2.Response(202)
        if not request.url.path.startswith(PREFIX):
            return peers.transport().handle_request(request)
        path = request.url.path.removeprefix(PREFIX)
        if path.endswith("/settlements") and tampering:
            return httpx2.Response(200, json=tampered(path, json.loads(request.content)))
        answer = witness.request(request.method, path, content=request.content, headers={**JSON})
        return httpx2.Response(answer.status_code, content=answer.content, headers={**JSON})

    def tampered(path: str, body: dict[str, Any]) -> dict[str, Any]:
        ids = [one["instructionId"] for one in body["instructions"]]
        witness.post(path, json=tampering[0](witness, path, body))
        results = [{"instructionId": one, "status": "credited", "reason": ""} for one in ids]
        return {"settlementId": body["settlementId"], "results": results}

    environment = environment_for(make_database(payments_seed.load, data))
    app = payments_app.create_app(environment, httpx2.MockTransport(route), lambda _: 0.0)
    with as_mediator(app) as client:
        yield client


JSON = {"Content-Type": "application/json"}


def register(payments: TestClient) -> None:
    places = ["ZZBANK01/ACC0", "ZZBANK02/ACC1", "ZZMOBILE/ACC2", *[f"ZZBANK01/ACC{n}" for n in range(3, 7)]]
    answer = payments.post(
        "/register-beneficiary",
        json={
            "RequestID": "REGISTER0001",
            "SourceBBID": "REGISTRATION",
            "Beneficiaries": [
                {"PayeeFunctionalID": payee, "PaymentModality": "00", "FinancialAddress": place}
                for payee, place in zip(PAYEES, places, strict=True)
            ],
        },
    )
    assert answer.status_code == 200, answer.text


def payroll(cycle: int, payees: list[str] = PAYEES[:4]) -> dict[str, Any]:
    return {
        "RequestID": f"REQUEST{cycle:05}",
        "SourceBBID": "REGISTRATION",
        "BatchID": f"BATCH{cycle:07}",
        "CreditInstructions": [
            {
                "InstructionID": f"CYCLE{cycle}{n:010}",
                "PayeeFunctionalID": payee,
                "Amount": 20.25,
                "Currency": "XTS",
                "Narration": f"cycle {cycle}",
            }
            for n, payee in enumerate(payees)
        ],
    }


def test_payments_and_witness_tell_the_same_of_a_payroll(
    payments: TestClient, witness: TestClient, callbacks: queue.Queue[dict[str, Any]]
) -> None:
    register(payments)
    witness.post("/_sandbox/plant", json={"individualId": "ZZ1", "change": {"account": "closed"}})
    first = payroll(1)
    assert payments.post("/prepayment-validation", json=first).status_code == 200
    assert [case["FailureReason"] for case in callbacks.get(timeout=30)["FailedCases"]] == ["account-closed"]
    bulk = {**first, "Programme": "cash-transfer", "Period": "2026-01"}
    assert payments.post("/bulk-payment", json=bulk).status_code == 200
    told = callbacks.get(timeout=30)
    assert [one["reason"] for one in told["results"]] == ["", "account-closed", "", ""]
    arrived = witness.get("/credits", params={"instructionPrefix": "CYCLE1"}).json()
    credited = payments.get("/ledger/credits", params={"batchId": first["BatchID"]}).json()
    assert {(one["instructionId"], one["payee"], one["amount"]) for one in arrived["credits"]} == {
        (one["instructionId"], one["payee"], one["amount"]) for one in credited["credits"]
    }
    assert arrived["sum"] == credited["sum"] == told["sum"] == 60.75
    assert witness.get("/totals").json()["imbalance"] == 0
    assert payments.get("/ledger/trial-balance").json()["imbalance"] == 0


def test_the_books_open_on_the_populations_day(payments: TestClient) -> None:
    journals = payments.get("/ledger/journals").json()["journals"]
    assert [(journal["kind"], journal["bookedOn"]) for journal in journals] == [("grant", "2026-01-01")]


def auditor(peers: PeersDouble) -> dict[str, str]:
    return {"Authorization": peers.token("auditor", "auditor")}


def move_clocks(days: int, *blocks: TestClient) -> None:
    for block in blocks:
        block.post("/_sandbox/clock", json={"offset_seconds": days * 86400})


def test_a_payroll_that_arrived_as_approved_reconciles(
    payments: TestClient, callbacks: queue.Queue[dict[str, Any]], peers: PeersDouble
) -> None:
    register(payments)
    order = payroll(1)
    payments.post("/bulk-payment", json=order)
    callbacks.get(timeout=30)
    asked = {"batchId": order["BatchID"]}
    report = payments.post("/reconciliations", json=asked, headers=auditor(peers)).json()
    assert (report["agrees"], report["breaks"]) == (True, [])
    assert report["approved"] == report["reported"] == report["witnessed"] == {"count": 4, "sum": 81}
    sample = {**asked, "size": 3, "seed": "s"}
    drawn = payments.get("/audit/sample", params=sample, headers=auditor(peers)).json()
    assert drawn == payments.get("/audit/sample", params=sample, headers=auditor(peers)).json()
    assert drawn["size"] == 3
    for trail in drawn["trails"]:
        assert trail["registered"]["SourceBBID"] == trail["ordered"]["SourceBBID"] == "REGISTRATION"
        assert [one["kind"] for one in trail["journals"]] == ["reserve", "credit"]
        assert [(one["payee"], one["amount"]) for one in trail["witnessed"]] == [
            (trail["PayeeFunctionalID"], 20.25)
        ]


def test_five_planted_breaks_are_named(
    payments: TestClient,
    witness: TestClient,
    callbacks: queue.Queue[dict[str, Any]],
    tampering: list[Tamper],
    peers: PeersDouble,
) -> None:
    register(payments)
    order = payroll(1, PAYEES)
    names = [one["InstructionID"] for one in order["CreditInstructions"]]

    def tamper(bank: TestClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
        kept = []
        for one in body["instructions"]:
            number = names.index(one["instructionId"])
            if number == 0:  # the money never leaves
                continue
            if number == 1:  # a second credit of the same instruction, at another institution
                second = {**one, "accountNumber": "ACC0"}
                bank.post("/institutions/ZZBANK01/settlements", json={**body, "instructions": [second]})
            if number == 3:
                one = {**one, "amount": one["amount"] - 0.25}
            if number == 4:
                one = {**one, "accountNumber": "ACC6"}
            if number == 5:  # it lies about for a week
                move_clocks(7, bank)
                bank.post(path, json={**body, "instructions": [one]})
                move_clocks(0, bank)
                continue
            kept.append(one)
        return {**body, "instructions": kept}

    tampering.append(tamper)
    payments.post("/bulk-payment", json=order)
    told = callbacks.get(timeout=30)
    assert told["credited"] == 7, "payments was lied to and believes it"
    asked = {"batchId": order["BatchID"]}
    report = payments.post("/reconciliations", json=asked, headers=auditor(peers)).json()
    found: dict[str, list[str]] = {one["InstructionID"]: [] for one in report["breaks"]}
    for one in report["breaks"]:
        found[one["InstructionID"]].append(one["kind"])
    assert found == {
        names[0]: ["missing"],
        names[1]: ["doubled", "wrong-payee"],
        names[3]: ["wrong-amount"],
        names[4]: ["wrong-payee"],
        names[5]: ["late"],
    }
    assert not report["agrees"]


def test_what_nobody_claims_comes_back_after_thirty_days(
    payments: TestClient,
    witness: TestClient,
    callbacks: queue.Queue[dict[str, Any]],
    peers: PeersDouble,
) -> None:
    register(payments)
    witness.post("/_sandbox/plant", json={"individualId": "ZZ2", "change": {"behaviour": "unclaimed"}})
    order = {**payroll(1), "Programme": "cash-transfer", "Period": "2026-01"}
    payments.post("/bulk-payment", json=order)
    assert callbacks.get(timeout=30)["credited"] == 4
    move_clocks(30, payments, witness)
    move_clocks(31, payments)  # ours first: the institution is asked until its own day has come
    assert witness.get("/credits").json()["count"] == 4
    move_clocks(31, witness)
    assert witness.get("/credits").json()["count"] == 3
    told = read_until(payments, order["BatchID"], "returned")
    assert [one["reason"] for one in told["results"]] == ["", "", "unclaimed", ""]
    assert (told["credited"], told["sum"]) == (3, 60.75)
    entries = payments.get("/ledger/journals", params={"batchId": order["BatchID"]}).json()["journals"]
    contra = entries[-1]
    original = next(one for one in entries if one["number"] == contra["contraOf"])
    assert (contra["kind"], original["kind"]) == ("reversal", "credit")
    assert contra["valueOn"] == original["valueOn"] < contra["bookedOn"]
    asked = {"batchId": order["BatchID"]}
    assert payments.post("/reconciliations", json=asked, headers=auditor(peers)).json()["agrees"]
    statement = witness.get("/institutions/ZZMOBILE/accounts/ACC2/statement").json()
    assert [one["creditDebitIndicator"] for one in statement["entries"]] == ["CRDT", "DBIT"]
    assert (statement["closingBalance"], witness.get("/totals").json()["imbalance"]) == (0, 0)
    again = payroll(2)
    again |= {"Programme": "cash-transfer", "Period": "2026-01"}
    payments.post("/bulk-payment", json=again)
    told = callbacks.get(timeout=30)
    assert [one["reason"] for one in told["results"]] == ["already-paid", "already-paid", "", "already-paid"]


def read_until(payments: TestClient, batch_id: str, status: str) -> dict[str, Any]:
    """Read a batch until one of its instructions has a status."""

    def reached() -> dict[str, Any] | None:
        told: dict[str, Any] = payments.get(f"/batches/{batch_id}").json()
        return told if any(one["status"] == status for one in told["results"]) else None

    found = eventually(reached)
    assert found is not None
    return found
