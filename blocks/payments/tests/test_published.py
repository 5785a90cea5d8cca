"""The published dialect reaches the same rules by other words."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

HEADERS = {
    "X-CorrelationID": "correlation-1",
    "Platform-TenantId": "ministry",
    "X-Client-Correlation-ID": "client-1",
    "X-Registering-Institution-ID": "ministry",
    "X-Callback-URL": "https://source.example/callback",
}


def transaction(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "requestId": f"T-{number}",
        "creditParty": [{"key": "payeeIdentity", "value": f"PAYEE{number:015}"}],
        "debitParty": [],
        "paymentMode": "ACCOUNT",
        "amount": 12.5,
        "currency": "XTS",
        **changed,
    }


def hand_over(client: TestClient, *transactions: Any, **headers: str) -> Any:
    return client.post("/batchtransactions?type=raw", json=list(transactions), headers={**HEADERS, **headers})


def test_a_batch_is_handed_over_and_told_by_its_correlation(client: TestClient, network: Any) -> None:
    answer = hand_over(client, transaction(0), transaction(1))
    assert answer.status_code == 202
    callback = network.callback()
    assert (callback["kind"], callback["correlation"]) == ("batch-status", "correlation-1")
    told = callback["body"]
    assert told["batchId"] == answer.json()["batchId"]
    assert (told["TotalTransactions"], told["completed"], told["failed"]) == (2, 2, 0)
    assert (told["totalAmount"], told["completed_amount"], told["ongoing_amount"]) == (25, 25, 0)


def test_a_batch_is_read_page_by_page_by_its_own_tenant(client: TestClient, network: Any) -> None:
    batch = hand_over(client, transaction(0), transaction(77), transaction(1)).json()["batchId"]
    network.callback()

    def page(tenant: str = "ministry", **asked: Any) -> list[Any]:
        answer = client.get(
            "/api/v1/batch/detail",
            params={"batchId": batch, **asked},
            headers={"Platform-TenantId": tenant},
        )
        return [(one["transactionId"], one["status"], one["errorInformation"]) for one in answer.json()]

    everything = [
        ("T-0", "COMPLETED", ""),
        ("T-77", "FAILED", "payee-unknown"),
        ("T-1", "COMPLETED", ""),
    ]
    assert page() == everything
    assert page(pageSize=2) + page(pageSize=2, pageNo=1) == everything
    assert page(status="FAILED") == everything[1:2]
    assert page("another") == page(direction="INCOMING") == []


def test_whether_funds_are_provisioned_is_told(client: TestClient, network: Any) -> None:
    def ask(amount: float, currency: str = "XTS", payer: str = "funding") -> tuple[str, str]:
        body = {"batchID": "B1", "payerIdentifier": payer, "currency": currency, "amount": amount}
        answer = client.post("/batches/B1?command=authorize", json=body, headers=HEADERS)
        assert answer.status_code == 202
        told = network.callback()
        assert (told["kind"], told["correlation"]) == ("funds-authorized", "client-1")
        return told["body"]["status"], told["body"]["reason"]

    assert ask(100) == ("Y", "provisioned")
    assert [ask(10**11)[0], ask(1, "EUR")[0], ask(1, payer="somebody")[0]] == ["N", "N", "N"]
    other = {"batchID": "B2", "payerIdentifier": "funding", "currency": "XTS", "amount": 1}
    assert client.post("/batches/B1?command=authorize", json=other, headers=HEADERS).status_code == 400


def test_the_same_hand_over_is_one_batch_and_a_changed_one_is_refused(
    client: TestClient, network: Any
) -> None:
    first = hand_over(client, transaction(0)).json()
    network.callback()
    assert hand_over(client, transaction(0)).json() == first
    assert hand_over(client, transaction(1)).status_code == 400
    assert network.institutions.total == 12.5


def test_what_does_not_fit_is_refused(client: TestClient) -> None:
    assert hand_over(client).status_code == 400
    assert hand_over(client, transaction(0, creditParty=[])).status_code == 400
    assert hand_over(client, transaction(0, amount=0.001)).status_code == 400
    assert client.post("/batchtransactions?type=raw", json=[transaction(0)]).status_code == 400
    assert client.post("/batchtransactions?type=csv", json=[], headers=HEADERS).status_code == 400


def test_addresses_are_validated_at_the_named_institution(client: TestClient, network: Any) -> None:
    network.institutions.closed.add("CLOSED")
    body = {
        "batchId": "any batch",
        "destinationDFSPID": "ZZBANK01",
        "creditInstructions": [
            {"instructionID": "1", "financialAddress": "OPEN"},
            {"instructionID": "2", "financialAddress": "CLOSED"},
            {"instructionID": "3", "financialAddress": "OPEN", "currency": "EUR"},
        ],
    }
    answer = client.post("/beneficiaries?command=validate", json=body, headers=HEADERS)
    assert answer.status_code == 202
    callback = network.callback()
    assert (callback["kind"], callback["correlation"]) == ("addresses-validated", "client-1")
    assert callback["body"]["failedAccountLookups"] == [
        {"instructionID": "2", "failureReason": "account-closed"},
        {"instructionID": "3", "failureReason": "currency"},
    ]
    assert callback["body"]["numberOfFailedCases"] == 2


def test_the_mapper_registers_and_updates(client: TestClient, network: Any) -> None:
    new = {"payeeIdentity": "NEW", "PaymentModality": "00", "FinancialAddress": "ZZBANK01/ACC0"}
    path = "/identityAccountMapper/beneficiary"
    register = {"RequestID": "R1", "Beneficiaries": [new]}
    for _ in range(2):
        answer = client.post(path, json=register, headers=HEADERS)
        assert (answer.status_code, answer.json()["responseCode"]) == (200, "00")
    assert network.callback()["body"]["registerRequestID"] == "R1"
    changed = {"RequestID": "R1", "Beneficiaries": [{**new, "FinancialAddress": "ZZBANK01/ACC1"}]}
    assert client.post(path, json=changed, headers=HEADERS).json()["ResponseCode"] == "01"

    def update(request: str, payee: str, **changed: Any) -> list[str]:
        what = {"payeeIdentity": payee, "bankingInstitutionCode": "ZZBANK01", "financialAddress": "ACC7"}
        body = {"requestID": request, "sourceBBID": "ministry", "beneficiaries": [{**what, **changed}]}
        assert client.put(path, json=body).status_code == 200
        told = network.callback()
        assert told["kind"] == "beneficiaries-updated"
        return [case["payeeFunctionalID"] for case in told["body"]["failedCases"]]

    assert (update("U1", "NEW"), update("U2", "NOBODY")) == ([], ["NOBODY"])
    hand_over(client, transaction(0, creditParty=[{"key": "payeeIdentity", "value": "NEW"}]))
    network.callback()
    assert network.institutions.paid["T-0"]["accountNumber"] == "ACC7"
    update("U3", "NEW", status="0")
    hand_over(
        client,
        transaction(1, creditParty=[{"key": "payeeIdentity", "value": "NEW"}]),
        **{"X-CorrelationID": "correlation-2"},
    )
    assert network.callback()["body"]["failed"] == 1


def test_payees_that_can_not_be_registered_are_named_and_the_others_are(
    client: TestClient, network: Any
) -> None:
    known = {"payeeIdentity": f"PAYEE{0:015}", "PaymentModality": "00", "FinancialAddress": "ZZBANK01/X"}
    body = {"RequestID": "R1", "Beneficiaries": [known, {**known, "payeeIdentity": "NEW"}]}
    assert client.post("/identityAccountMapper/beneficiary", json=body, headers=HEADERS).status_code == 200
    told = network.callback()["body"]
    assert [case["payeeIdentity"] for case in told["failedCases"]] == [f"PAYEE{0:015}"]

    asking = {"registeringInstitutionId": "ministry", "X-Callback_URL": "x"}

    def look_up(payee: str, **headers: str) -> list[Any]:
        answer = client.get(
            "/beneficiary/",
            params={"payeeIdentity": payee, "requestId": "L1"},
            headers={**asking, **headers},
        )
        assert answer.json()["requestId"] == "L1"
        return [one["financialAddress"] for one in answer.json()["paymentModalityList"]]

    assert (look_up("NEW"), look_up(f"PAYEE{0:015}"), look_up("NOBODY")) == (["ZZBANK01/X"], [], [])
    assert look_up("NEW", registeringInstitutionId="another") == []
    several = {"requestId": "L2", "payeePartyIds": ["NOBODY", "NEW", "NEW"]}
    found = client.put("/beneficiary", json=several, headers=asking).json()
    assert [one["bankingInstitutionCode"] for one in found["paymentModalityList"]] == ["ZZBANK01"]
