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

from blockkit.testing import as_mediator, environment_for
from blocks.payee_institutions import app as witness_app
from blocks.payee_institutions import seed as witness_seed
from blocks.payments import app as payments_app
from blocks.payments import seed as payments_seed

PREFIX = "/r1/SBX/GOV/CENTRAL/payee-institutions"
PAYEES = [f"PAYEE{n:015}" for n in range(4)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    persons = {
        "person_no": pa.array(range(4), pa.int64()),
        "individual_id": [f"ZZ{n}" for n in range(4)],
        "functional_id": PAYEES,
    }
    accounts = {
        "account_id": pa.array(range(4), pa.int64()),
        "person_no": pa.array(range(4), pa.int64()),
        "institution": ["ZZBANK01", "ZZBANK02", "ZZMOBILE", "ZZBANK01"],
        "account_number": [f"ACC{n}" for n in range(4)],
        "kind": ["bank", "bank", "mobile-money", "bank"],
        "currency": ["XTS"] * 4,
        "status": ["open"] * 4,
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


@pytest.fixture
def payments(
    make_database: Callable[..., str],
    data: Path,
    witness: TestClient,
    callbacks: queue.Queue[dict[str, Any]],
) -> Iterator[TestClient]:
    def route(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.startswith("/callbacks/"):
            callbacks.put(json.loads(request.content))
            return httpx2.Response(202)
        path = request.url.path.removeprefix(PREFIX)
        answer = witness.request(request.method, path, content=request.content, headers={**JSON})
        return httpx2.Response(answer.status_code, content=answer.content, headers={**JSON})

    environment = environment_for(make_database(payments_seed.load, data))
    app = payments_app.create_app(environment, httpx2.MockTransport(route), lambda _: 0.0)
    with as_mediator(app) as client:
        yield client


JSON = {"Content-Type": "application/json"}


def register(payments: TestClient) -> None:
    places = ["ZZBANK01/ACC0", "ZZBANK02/ACC1", "ZZMOBILE/ACC2", "ZZBANK01/ACC3"]
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


def payroll(cycle: int) -> dict[str, Any]:
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
            for n, payee in enumerate(PAYEES)
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
