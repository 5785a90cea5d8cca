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
    assert callback["correlation"] == "correlation-1"
    assert callback["body"]["BatchID"] == answer.json()["batchId"]
    assert callback["body"]["sum"] == 25


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
    assert callback["correlation"] == "client-1"
    assert callback["body"]["FailedCases"] == [
        {"InstructionID": "2", "FailureReason": "account-closed"},
        {"InstructionID": "3", "FailureReason": "currency"},
    ]


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

    def update(request: str, payee: str) -> int:
        what = {"payeeIdentity": payee, "bankingInstitutionCode": "ZZBANK01", "financialAddress": "ACC7"}
        body = {"requestID": request, "sourceBBID": "ministry", "beneficiaries": [what]}
        return client.put(path, json=body).status_code

    assert (update("U1", "NEW"), update("U2", "NOBODY")) == (200, 400)
    hand_over(client, transaction(0, creditParty=[{"key": "payeeIdentity", "value": "NEW"}]))
    network.callback()
    assert network.institutions.paid["T-0"]["accountNumber"] == "ACC7"
