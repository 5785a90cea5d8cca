"""The compliance dialect: exact lengths, ResponseCode 00 or 01, replays, and the way to the callback."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from blocks.payments.batches import accept
from blocks.payments.routes import compliance

Bulk = Callable[..., dict[str, Any]]


def codes(client: TestClient, path: str, body: Any) -> tuple[int, str]:
    answer = client.post(path, json=body)
    assert set(answer.json()) == {"ResponseCode", "ResponseDescription", "RequestID"}, answer.text
    return answer.status_code, answer.json()["ResponseCode"]


def register(
    request: str, address: str, payee: str = "NEWPAYEE000000000001", **changed: Any
) -> dict[str, Any]:
    return {
        "RequestID": request,
        "SourceBBID": "SourceBBID11",
        "Beneficiaries": [
            {"PayeeFunctionalID": payee, "PaymentModality": "00", "FinancialAddress": address, **changed}
        ],
    }


def test_a_payroll_is_paid_and_its_source_is_told(client: TestClient, network: Any, bulk: Bulk) -> None:
    network.institutions.closed.add("ACC2")
    network.refusals = 2
    body = bulk("B1", 0, 1, 2)
    assert codes(client, "/bulk-payment", body) == (200, "00")
    callback = network.callback()
    assert (callback["kind"], callback["correlation"]) == ("payroll-paid", body["BatchID"])
    told = callback["body"]
    assert (told["status"], told["credited"], told["failed"], told["sum"]) == ("completed", 2, 1, 40)
    assert told["results"][2]["reason"] == "account-closed"
    assert client.get(f"/batches/{body['BatchID']}").json() == told
    credits = client.get("/ledger/credits", params={"batchId": body["BatchID"]}).json()
    assert (credits["count"], credits["sum"]) == (2, 40)
    assert network.mailbox.empty()


def test_a_batch_left_by_a_dead_worker_is_paid_by_the_next(
    kit: Any, client: TestClient, network: Any, make_order: Any
) -> None:
    with kit.records.transaction() as db:
        accept(db, make_order("B1", 0, 1), kit.clock.today())
    assert network.callback()["body"]["credited"] == 2


def test_a_replay_is_answered_as_before_and_pays_once(client: TestClient, network: Any, bulk: Bulk) -> None:
    body = bulk("B1", 0)
    first = client.post("/bulk-payment", json=body).json()
    network.callback()
    assert client.post("/bulk-payment", json=body).json() == first
    assert codes(client, "/bulk-payment", {**body, "RequestID": "another12345"}) == (200, "00")
    assert network.institutions.total == 20
    assert client.get("/ledger/credits").json()["count"] == 1


def test_changed_content_under_a_used_id_is_refused(client: TestClient, bulk: Bulk) -> None:
    body = bulk("B1", 0)
    assert codes(client, "/bulk-payment", body) == (200, "00")
    assert codes(client, "/bulk-payment", bulk("B1", 0, 1)) == (400, "01")
    assert codes(client, "/bulk-payment", bulk("B1", 0, 1, request="another12345")) == (400, "01")
    assert codes(client, "/bulk-payment", bulk("B2", 2, request=body["RequestID"])) == (400, "01")


def refusal(body: Any) -> str:
    """Read a bulk payment that must not get as far as being acted on, and say why."""
    answer = compliance.answer(body, compliance.BulkBody, lambda _: pytest.fail("it was acted on"))
    told = json.loads(bytes(answer.body))
    assert (answer.status_code, told["ResponseCode"]) == (400, "01")
    return str(told["ResponseDescription"])


def test_a_request_that_says_nothing_is_refused(client: TestClient) -> None:
    for path in ("/bulk-payment", "/prepayment-validation", "/register-beneficiary"):
        for content in (b"", b"null", b"[]", b'"text"', b"{}"):
            answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["ResponseCode"]) == (400, "01")


@pytest.mark.parametrize("name", ["RequestID", "SourceBBID", "BatchID"])
@pytest.mark.parametrize("value", ["", "elevenchars", "thirteenchars", None, 123456789012])
def test_ids_of_a_request_have_exactly_twelve_characters(bulk: Bulk, name: str, value: Any) -> None:
    assert name in refusal(bulk("B1", 0, **{name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("InstructionID", "x" * 15),
        ("InstructionID", "x" * 17),
        ("InstructionID", "x" * 15 + "\x00"),
        ("InstructionID", "x" * 15 + "\ud800"),
        ("PayeeFunctionalID", "x" * 19),
        ("PayeeFunctionalID", "x" * 21),
        ("Amount", 0),
        ("Amount", -1),
        ("Amount", 0.001),
        ("Amount", float("nan")),
        ("Amount", "20"),
        ("Amount", True),
        ("Currency", "XT"),
        ("Currency", "xts"),
        ("Narration", "n" * 51),
        ("Unknown", "x"),
    ],
)
def test_an_instruction_that_does_not_fit_refuses_the_batch(bulk: Bulk, name: str, value: Any) -> None:
    body = bulk("B1", 0, 1)
    body["CreditInstructions"][1][name] = value
    assert refusal(body).startswith("CreditInstructions/1")


def test_a_refusal_does_not_repeat_what_was_sent(bulk: Bulk) -> None:
    body = bulk("B1", 0)
    body["CreditInstructions"][0]["PayeeFunctionalID"] = "somebody's"
    assert "somebody" not in refusal(body)


def test_a_batch_that_contradicts_itself_is_refused(client: TestClient, bulk: Bulk) -> None:
    twice, mixed, half = bulk("B1", 0, 0), bulk("B2", 0, 1), bulk("B3", 0)
    mixed["CreditInstructions"][1]["Currency"] = "EUR"
    del half["Period"]
    euros = bulk("B4", 0)
    euros["CreditInstructions"][0]["Currency"] = "EUR"
    for body in (twice, mixed, half, euros, bulk("B5")):
        assert codes(client, "/bulk-payment", body) == (400, "01")


def test_payees_are_registered_once_and_changed_by_an_update(client: TestClient) -> None:
    def post(path: str, *arguments: Any, **changed: Any) -> tuple[int, str]:
        return codes(client, path, register(*arguments, **changed))

    assert post("/update-beneficiary-details", "UPDATE000001", "ZZBANK01/A") == (400, "01")
    assert post("/register-beneficiary", "REGISTER0001", "ZZBANK01/A") == (200, "00")
    assert post("/register-beneficiary", "REGISTER0001", "ZZBANK01/A") == (200, "00")
    assert post("/register-beneficiary", "REGISTER0001", "ZZBANK01/B") == (400, "01")
    assert post("/register-beneficiary", "REGISTER0002", "ZZBANK01/B") == (400, "01")
    assert post("/update-beneficiary-details", "UPDATE000001", "ZZBANK01/B") == (200, "00")
    assert post("/register-beneficiary", "REGISTER0003", "ZZBANK01/B") == (200, "00")
    assert post("/register-beneficiary", "REGISTER0004", "x" * 31, payee="NEWPAYEE000000000002") == (
        400,
        "01",
    )


def test_registering_is_all_or_nothing(client: TestClient) -> None:
    body = register("REGISTER0001", "ZZBANK01/A")
    known = {**body["Beneficiaries"][0], "PayeeFunctionalID": f"PAYEE{0:015}"}
    both = {**body, "Beneficiaries": [*body["Beneficiaries"], known]}
    assert codes(client, "/register-beneficiary", both) == (400, "01")
    update = register("UPDATE000001", "ZZBANK01/B")
    assert codes(client, "/update-beneficiary-details", update) == (400, "01")


def test_validation_names_what_could_not_be_paid(client: TestClient, network: Any, bulk: Bulk) -> None:
    network.institutions.closed.add("ACC1")
    body = bulk("B1", 0, 1, 8, 9, 77)
    del body["Programme"], body["Period"]
    for _ in range(2):
        assert codes(client, "/prepayment-validation", body) == (200, "00")
    callback = network.callback()
    assert (callback["kind"], callback["correlation"]) == ("prepayment-validated", body["BatchID"])
    assert [case["FailureReason"] for case in callback["body"]["FailedCases"]] == [
        "account-closed",
        "address-unroutable",
        "institution-unknown",
        "payee-unknown",
    ]
    assert client.get(f"/batches/{body['BatchID']}/validation").json() == callback["body"]
    assert client.get("/ledger/trial-balance").json()["journals"] == 1


def test_a_crowd_that_submits_overlapping_batches_pays_everybody_once(
    client: TestClient, network: Any, bulk: Bulk
) -> None:
    def submit(number: int) -> tuple[int, str]:
        batch = f"C{number // 2}"
        return codes(client, "/bulk-payment", bulk(batch, *((number // 2 + k) % 8 for k in range(4))))

    with ThreadPoolExecutor(8) as crowd:
        assert set(crowd.map(submit, range(16))) == {(200, "00")}
    told = [network.callback()["body"] for _ in range(8)]
    assert sum(one["credited"] for one in told) == len(network.institutions.paid) == 8
    assert {case["reason"] for one in told for case in one["results"]} == {"", "already-paid"}
    trial = client.get("/ledger/trial-balance").json()
    balances = {line["kind"]: line["balance"] for line in trial["lines"]}
    assert (balances["payee"], balances["suspense"], balances["programme"]) == (160, 0, 0)
    assert (trial["imbalance"], trial["journals"]) == (0, trial["newest"])
    assert network.institutions.total == 160


def test_the_books_are_open(client: TestClient, network: Any, bulk: Bulk) -> None:
    client.post("/bulk-payment", json=bulk("B1", 0))
    network.callback()
    funding = client.get("/ledger/accounts", params={"kind": "funding"}).json()["accounts"]
    assert [account["account"] for account in funding] == ["funding:XTS"]
    journals = client.get("/ledger/journals", params={"batchId": f"{'B1':0>12}"}).json()["journals"]
    assert [journal["kind"] for journal in journals] == ["allot", "reserve", "credit"]
    assert all(sum(posting["amount"] for posting in journal["postings"]) == 0 for journal in journals)
    assert client.get("/ledger/credits", params={"payee": f"PAYEE{0:015}"}).json()["sum"] == 20
    assert client.get("/ledger/credits", params={"payee": "NOBODY"}).json()["count"] == 0


def test_business_dates_follow_the_sandboxs_clock(client: TestClient, network: Any, bulk: Bulk) -> None:
    today = client.post("/_sandbox/clock", json={"offset_seconds": 400 * 86400}).json()["today"]
    client.post("/bulk-payment", json=bulk("B1", 0))
    network.callback()
    assert client.get("/ledger/credits").json()["credits"][0]["bookedOn"] == today
