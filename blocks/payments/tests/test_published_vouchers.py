"""Vouchers in the published dialect: the same vouchers, told by callbacks."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from blocks.payments.tests.voucher_desk import Desk


def order(number: int, **changed: Any) -> dict[str, Any]:
    one = {
        "instructionID": f"I-{number}",
        "groupCode": "GEN",
        "currency": "XTS",
        "amount": 7.5,
        "payeeFunctionalID": f"PAYEE{number:015}",
        "narration": "seed",
    }
    return {**one, **changed}


def test_the_published_dialect_makes_activates_redeems_and_cancels(desk: Desk, network: Any) -> None:
    client = desk.client
    body = {"requestID": "R1", "batchID": "B1", "voucherInstructions": [order(0), order(1)]}
    for _ in range(2):
        assert client.post("/vouchers", json=body).json()["ResponseCode"] == "00"
    told = network.callback()
    assert (told["kind"], told["correlation"]) == ("vouchers-created", "R1")
    first, second = told["body"]["voucherInstructions"]
    assert len(first["voucherNumber"]) <= 44
    serials = [first["serialNumber"], second["serialNumber"]]
    activation = {
        "RequestID": "R2",
        "BatchID": "B1",
        "VoucherInstructions": [{"serialNumber": serial} for serial in [*serials, "99"]],
    }
    assert client.put("/vouchers?command=activate", json=activation).json()["RequestID"] == "R2"
    told = network.callback()["body"]
    assert (told["numberFailedCases"], told["failedCases"][0]["serialNumber"]) == (1, "99")
    shown = client.post(f"/vouchers/{serials[0]}/disclosure", headers=desk.officer).json()
    use = {
        "requestID": "R3",
        "voucherSerialNumber": serials[0],
        "agentID": "SHOP",
        "voucherSecretNumber": shown["voucherNumber"][-6:],
    }
    done = client.post("/vouchers?command=redeem", json=use).json()
    assert (done["status"], done["value"]) == (1, 7.5)
    assert client.post("/vouchers?command=cancel", json=use).json() == done
    cancelling = {
        "requestID": "R4",
        "batchID": "B1",
        "voucherInstructions": [{"serialNumber": serial} for serial in serials],
    }
    assert client.post("/vouchers?command=cancel", json=cancelling).json()["responseCode"] == "00"
    assert network.callback()["body"]["numberFailedCases"] == 1
    states = [client.get(f"/vouchers/{serial}?fields=status").json()["status"] for serial in serials]
    assert states == [5, 3]
    unknown = client.get("/vouchers/99?fields=status")
    assert (unknown.status_code, unknown.json()["status"]) == (400, 9)
    assert (desk.balance("voucher"), desk.balance("merchant")) == (0, 7.5)


def test_three_wrong_secrets_block_a_voucher(desk: Desk) -> None:
    made = desk.usable()
    serial = made["voucher_serial_number"]
    right = made["voucher_number"][-6:]
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for number, secret in enumerate([wrong, wrong, wrong, right]):
        use = {
            "requestID": f"R{number}",
            "voucherSerialNumber": serial,
            "agentID": "SHOP",
            "voucherSecretNumber": secret,
        }
        assert desk.client.post("/vouchers?command=redeem", json=use).json()["status"] == 0
    assert desk.status(serial) == (200, "Blocked")
    assert desk.cancel(serial) == 200
    assert desk.balance("voucher") == 0


def test_a_request_that_says_nothing_is_answered(client: TestClient) -> None:
    for query in ("", "?command=cancel", "?command=redeem"):
        for content in (b"", b"null", b"[]", b"{}"):
            headers = {"Content-Type": "application/json"}
            answer = client.post(f"/vouchers{query}", content=content, headers=headers)
            assert (answer.status_code, answer.json()["ResponseCode"]) == (400, "01")


def test_an_unknown_group_refuses_the_whole_order(desk: Desk) -> None:
    body = {
        "requestID": "R1",
        "batchID": "B1",
        "voucherInstructions": [order(0), order(1, groupCode="NON")],
    }
    assert desk.client.post("/vouchers", json=body).status_code == 400
    assert desk.balance("voucher") == 0
