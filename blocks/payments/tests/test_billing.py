"""Bills are paid once, and given back when the biller refuses; requests to pay are answered, or expire."""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

HEADERS = {"X-CorrelationID": "flow-1", "X-Platform-TenantId": "government", "X-PayerFI-Id": "ZZBANK01"}
BILLER = {"X-billerId": "TAX"}
BILL = {
    "billerName": "Tax office",
    "currency": "XTS",
    "dueDate": "2099-01-31",
    "amountOnDueDate": 40,
    "amountAfterDueDate": 50,
}


class Counter:
    """A tax office, a bank, and somebody between them who reads the callbacks."""

    def __init__(self, client: TestClient, network: Any) -> None:
        self.client, self.network = client, network

    def present(self, bill: str = "BILL-1", **changed: Any) -> int:
        return int(self.client.put(f"/billers/TAX/bills/{bill}", json={**BILL, **changed}).status_code)

    def inquire(self, bill: str = "BILL-1") -> dict[str, Any]:
        assert self.client.get(f"/bills/{bill}?fields=inquiry", headers=HEADERS).status_code == 202
        return self.told("bill-inquired")

    def pay(self, request: str, bill: str = "BILL-1", **changed: Any) -> str:
        body = {
            "requestId": request,
            "billInquiryRequestId": "flow-1",
            "billId": bill,
            "paymentReferenceID": "REF-1",
            **changed,
        }
        answer = self.client.post("/billTransferRequests", json=body, headers=HEADERS)
        assert answer.status_code == 202, answer.text
        first = self.network.callback()
        if first["kind"] == "bill-paid":
            first = self.network.callback()
        return str(first["body"].get("rejectReason", first["body"]["status"]))

    def told(self, kind: str) -> dict[str, Any]:
        callback = self.network.callback()
        assert callback["kind"] == kind
        body: dict[str, Any] = callback["body"]
        return body

    def ask(self, number: int, **changed: Any) -> int:
        body = {
            "requestId": f"R{number}",
            "rtpId": number,
            "billID": "BILL-1",
            "requestType": "00",
            "payerFiDetails": {"payerFIBIC": "ZZBANK01"},
            **changed,
        }
        return int(self.client.post("/rtpRequest", json=body, headers=HEADERS | BILLER).status_code)

    def answer(self, transaction: str, status: str, **changed: Any) -> int:
        body = {
            "RequestId": "A1",
            "txnId": transaction,
            "rtpId": 1,
            "billId": "BILL-1",
            "rtpStatus": status,
            **changed,
        }
        return int(self.client.post("/rtpResponse", json=body, headers=HEADERS | BILLER).status_code)

    def balances(self) -> dict[str, float]:
        trial = self.client.get("/ledger/trial-balance").json()
        assert trial["imbalance"] == 0
        return {line["kind"]: line["balance"] for line in trial["lines"]}


@pytest.fixture
def counter(client: TestClient, network: Any) -> Counter:
    return Counter(client, network)


def test_a_bill_is_asked_about_and_paid_once(counter: Counter) -> None:
    assert counter.present() == counter.present() == 200
    assert counter.present(amountOnDueDate=41) == 409
    details = counter.inquire()["billDetails"]
    assert (details["dueDate"], details["amountonDueDate"], details["billStatus"]) == (20990131, 40, "open")
    assert counter.pay("P1") == "ACK"
    assert counter.pay("P2") == "ACK", "the same announcement under another id"
    assert counter.pay("P3", paymentReferenceID="REF-2") == "Dup"
    assert (counter.balances()["biller"], counter.balances()["payer"]) == (40, -40)
    assert counter.inquire()["billDetails"]["billStatus"] == "paid"


def test_only_who_asked_about_a_bill_announces_its_payment(counter: Counter) -> None:
    counter.present()
    assert counter.inquire("BILL-2")["code"] == 1
    assert counter.pay("P1", "BILL-2") == "Und"
    assert counter.pay("P2") == "Def"
    assert "biller" not in counter.balances()


def test_what_is_due_later_is_more(counter: Counter) -> None:
    counter.present(dueDate="2020-01-01")
    counter.inquire()
    assert counter.pay("P1") == "ACK"
    assert counter.balances()["biller"] == 50


def test_what_the_biller_refuses_goes_back(counter: Counter) -> None:
    counter.present()
    counter.inquire()
    word = {"requestId": "W1", "billId": "BILL-1", "status": "RJC", "rejectReason": "Def"}

    def say(**changed: Any) -> int:
        body = {**word, **changed}
        return int(counter.client.post("/billTransferRequests", json=body, headers=HEADERS).status_code)

    assert say() == 400
    counter.pay("P1")
    assert say() == 202
    assert (counter.balances()["biller"], counter.balances()["payer"]) == (0, 0)
    assert say() == 400
    assert counter.pay("P2", paymentReferenceID="REF-2") == "Dup"
    counter.present("BILL-2")
    counter.inquire("BILL-2")
    counter.pay("P3", "BILL-2")
    assert say(billId="BILL-2", status="ACK") == 202
    assert say(billId="BILL-2") == 400, "what was taken is not refused later"


def test_a_bill_is_paid_by_a_voucher_of_its_worth(counter: Counter) -> None:
    def voucher(amount: str) -> str:
        wish = {
            "voucher_amount": amount,
            "voucher_currency": "XTS",
            "voucher_group": "GEN",
            "Gov_Stack_BB": "bb-registration",
        }
        made = counter.client.post("/vouchers/voucher_preactivation", json=wish).json()
        serial = {"voucher_serial_number": made["voucher_serial_number"], "Gov_Stack_BB": "bb-registration"}
        counter.client.patch("/vouchers/voucher_activation", json=serial)
        return hashlib.sha256(made["voucher_number"].encode()).hexdigest()

    def use(request: str, secret: str) -> int:
        body = {
            "requestId": request,
            "billInquiryRequestId": "flow-1",
            "billId": "BILL-1",
            "VoucherSecretHash": secret,
        }
        return int(counter.client.post("/voucherRedemption", json=body, headers=HEADERS).status_code)

    counter.present()
    counter.inquire()
    right = voucher("40")
    assert (use("V1", "0" * 64), use("V2", voucher("39"))) == (400, 400)
    assert (use("V3", right), use("V3", right), use("V4", right)) == (202, 202, 400)
    balances = counter.balances()
    assert (balances["biller"], balances["voucher"]) == (40, 39)


def test_a_request_to_pay_is_answered_once(counter: Counter) -> None:
    counter.present()
    assert counter.ask(1) == counter.ask(1) == 200
    asked = counter.told("rtp-asked")
    assert asked["billDetails"] == {"Bill ID": "BILL-1", "Biller Name": "Tax office", "Amount": 40}
    assert counter.ask(2, billID="BILL-9") == counter.ask(1, requestId="other") == 400
    assert counter.answer("T-unknown", "00") == 400
    assert counter.answer(asked["TxnID"], "00") == counter.answer(asked["TxnID"], "00") == 200
    assert counter.told("rtp-updated")["rtpStatus"] == "00"
    assert counter.answer(asked["TxnID"], "01") == 400
    assert counter.balances()["biller"] == 40
    path = "/transferRequests/{}"
    assert counter.client.get(path.format(1), headers=HEADERS | BILLER).status_code == 202
    assert counter.told("rtp-status")["requestStatus"] == "COM"
    assert counter.client.get(path.format(9), headers=HEADERS | BILLER).status_code == 400
    other = {"X-billerId": "OTHER"}
    assert counter.client.get(path.format(1), headers=HEADERS | other).status_code == 400


def test_an_alias_leads_to_the_payers_institution(counter: Counter) -> None:
    counter.present()
    known = {"requestType": "01", "alias": {"aliasType": "00", "aliasId": f"PAYEE{1:015}"}}
    nobody = {"requestType": "01", "alias": {"aliasType": "00", "aliasId": "NOBODY"}}
    assert (counter.ask(1, **known), counter.ask(2, **nobody)) == (200, 400)
    asked = counter.told("rtp-asked")
    counter.answer(asked["TxnID"], "01", rejectReason="R")
    assert counter.told("rtp-updated")["rejectReason"] == "R"
    assert "biller" not in counter.balances()


def test_what_nobody_answers_expires(counter: Counter) -> None:
    counter.present()
    counter.ask(1)
    asked = counter.told("rtp-asked")
    counter.client.post("/_sandbox/clock", json={"offset_seconds": 8 * 86400})
    assert counter.told("rtp-updated")["rejectReason"] == "E"
    assert counter.answer(asked["TxnID"], "00") == 400


def test_a_bill_is_collected_for_what_it_says(counter: Counter, auditor: psycopg.Connection[Any]) -> None:
    counter.present()
    auditor.execute(
        "INSERT INTO accounts VALUES ('payer:B:XTS', 'payer', 'XTS'), ('biller:TAX:XTS', 'biller', 'XTS')"
    )
    last = "(SELECT max(number) FROM journals)"
    for bill, amount in (("BILL-1", 4001), ("BILL-9", 4000)):
        with pytest.raises(psycopg.errors.CheckViolation, match="of no bill"):
            auditor.execute(
                "INSERT INTO journals (kind, batch_id, instruction_id, booked_on)"
                f" VALUES ('collect', 'bills', '{bill}', '2026-01-01'); INSERT INTO postings VALUES"
                f" ({last}, 'payer:B:XTS', {-amount}), ({last}, 'biller:TAX:XTS', {amount})"
            )
    with pytest.raises(psycopg.errors.CheckViolation):
        auditor.execute("UPDATE bills SET status = 'refused'")


def test_a_request_that_says_nothing_is_answered(client: TestClient) -> None:
    for path in ("/billTransferRequests", "/voucherRedemption", "/rtpRequest", "/rtpResponse"):
        for content in (b"", b"null", b"[]", b"{}"):
            headers = {**HEADERS, **BILLER, "Content-Type": "application/json"}
            assert client.post(path, content=content, headers=headers).status_code == 400
        assert client.post(path, json={}).status_code == 400
