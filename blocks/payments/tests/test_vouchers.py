"""Vouchers in both dialects: one machine of states, one pool of money, a number that nobody reads at rest."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble

SOURCE = "bb-registration"
SHOP = {"merchant_name": "Shop", "merchant_bank_details": "ZZBANK01/SHOP", "merchant_voucher_group": "GEN"}
Answer = tuple[int, Any]


class Desk:
    """A source block, an officer and a shop at one counter."""

    def __init__(self, client: TestClient, peers: PeersDouble) -> None:
        self.client = client
        self.officer = {"Authorization": peers.token("officer", "treasury-officer", "voucher-officer")}
        self.put("/merchants/Shop", bankDetails="ZZBANK01/SHOP", voucherGroup="GEN", agentId="SHOP")

    def put(self, path: str, **body: Any) -> int:
        return int(self.client.put(path, json=body, headers=self.officer).status_code)

    def make(self, **changed: Any) -> Answer:
        body = {
            "voucher_amount": "15.25",
            "voucher_currency": "XTS",
            "voucher_group": "GEN",
            "Gov_Stack_BB": SOURCE,
            **changed,
        }
        answer = self.client.post("/vouchers/voucher_preactivation", json=body)
        return answer.status_code, answer.json()

    def activate(self, serial: Any, source: str = SOURCE) -> int:
        body = {"voucher_serial_number": serial, "Gov_Stack_BB": source}
        return int(self.client.patch("/vouchers/voucher_activation", json=body).status_code)

    def redeem(self, voucher_number: Any, **changed: Any) -> int:
        body = {
            "voucher_number": voucher_number,
            "Gov_Stack_BB": SOURCE,
            "override": False,
            **SHOP,
            **changed,
        }
        return int(self.client.post("/vouchers/voucher_redemption", json=body).status_code)

    def cancel(self, serial: str, source: str = SOURCE, **headers: str) -> int:
        body = {"voucherserialnumber": serial, "Gov_Stack_BB": source}
        path = f"/vouchers/voucherstatuscheck/{serial}"
        return int(self.client.patch(path, json=body, headers=headers).status_code)

    def status(self, serial: str) -> Answer:
        answer = self.client.get(f"/vouchers/voucherstatuscheck/{serial}")
        return answer.status_code, answer.json().get("voucher_status")

    def usable(self) -> dict[str, str]:
        made: dict[str, str] = self.make()[1]
        assert self.activate(int(made["voucher_serial_number"])) == 200
        return made

    def balance(self, kind: str) -> float:
        lines = self.client.get("/ledger/trial-balance").json()
        assert lines["imbalance"] == 0
        return float(next((line["balance"] for line in lines["lines"] if line["kind"] == kind), 0))

    def move_clock(self, days: int) -> None:
        self.client.post("/_sandbox/clock", json={"offset_seconds": days * 86400})


@pytest.fixture
def desk(client: TestClient, peers: PeersDouble) -> Desk:
    return Desk(client, peers)


def test_a_voucher_is_made_activated_and_redeemed_once(desk: Desk) -> None:
    _, made = desk.make()
    serial, number = made["voucher_serial_number"], made["voucher_number"]
    assert 16 <= len(serial) <= 25
    assert 16 <= len(number) <= 25
    assert desk.status(serial) == (200, "Pre-Activated")
    assert desk.redeem(number) == 461
    assert desk.activate(int(serial)) == desk.activate(serial) == 200
    assert desk.status(serial) == (200, "Activated")
    assert (desk.balance("voucher"), desk.balance("merchant")) == (15.25, 0)
    assert desk.redeem(number) == 200
    assert desk.status(serial)[0] == 458
    assert (desk.balance("voucher"), desk.balance("merchant")) == (0, 15.25)
    assert desk.cancel(serial) == 463


def test_a_repeated_redemption_is_the_same_one_for_half_a_minute(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.usable()["voucher_number"]
    assert desk.redeem(number) == desk.redeem(number) == 200
    desk.put("/merchants/Other", bankDetails="ZZBANK01/O", voucherGroup="GEN")
    assert desk.redeem(number, merchant_name="Other", merchant_bank_details="ZZBANK01/O") == 461
    monkeypatch.setattr("blocks.payments.vouchers.using.RETRY_SECONDS", 0)
    assert desk.redeem(number) == 461
    assert desk.balance("merchant") == 15.25


FAULTS: list[tuple[dict[str, Any], int]] = [
    ({"voucher_amount": "0"}, 452),
    ({"voucher_amount": "x"}, 452),
    ({"voucher_amount": ""}, 452),
    ({"voucher_amount": "1.001"}, 452),
    ({"voucher_amount": 15}, 452),
    ({"voucher_currency": "xts"}, 453),
    ({"voucher_currency": "EUR"}, 453),
    ({"voucher_group": "NONE"}, 454),
    ({"voucher_group": ""}, 454),
    ({"voucher_amount": "99999999999"}, 455),
    ({"Gov_Stack_BB": "bb-unknown"}, 460),
    ({"voucher_group": None}, 400),
    ({"unknown": "x"}, 400),
]


def test_each_fault_has_its_code(desk: Desk) -> None:
    for changed, code in FAULTS:
        assert (changed, desk.make(**changed)[0]) == (changed, code)
    assert desk.balance("voucher") == 0


def test_only_its_own_block_activates_and_cancels_a_voucher(desk: Desk) -> None:
    serial = desk.make()[1]["voucher_serial_number"]
    assert desk.activate(serial, "bb-consent") == 456
    assert desk.activate(serial, "bb-unknown") == 460
    assert desk.activate(99) == 456
    assert desk.cancel(serial, "bb-consent") == 463
    assert desk.status("99")[0] == desk.status("letters")[0] == desk.status("9" * 30)[0] == 456


def test_a_cancelled_voucher_gives_its_money_back_and_stays_cancelled(desk: Desk) -> None:
    made = desk.usable()
    serial = made["voucher_serial_number"]
    before = desk.balance("funding")
    assert desk.cancel(serial) == desk.cancel(serial) == 200
    other = {"X-CorrelationID": "another-request"}
    assert desk.cancel(serial, **other) == 464
    assert desk.status(serial) == (200, "Purged")
    assert desk.redeem(made["voucher_number"]) == 461
    assert (desk.balance("voucher"), desk.balance("funding")) == (0, before + 15.25)
    journals = desk.client.get("/ledger/journals").json()["journals"]
    assert [(one["kind"], one["contraOf"]) for one in journals][1:] == [("issue", None), ("lapse", 2)]


def test_what_nobody_used_comes_back_when_its_day_has_passed(desk: Desk) -> None:
    made, used = desk.usable(), desk.usable()
    assert desk.redeem(used["voucher_number"]) == 200
    desk.move_clock(90)
    assert desk.balance("voucher") == 15.25
    desk.move_clock(91)
    assert desk.status(made["voucher_serial_number"])[0] == 459
    assert desk.redeem(made["voucher_number"]) == 461
    assert (desk.balance("voucher"), desk.balance("merchant")) == (0, 15.25)


MISFITS: list[tuple[dict[str, Any], int]] = [
    ({"merchant_name": "Nobody"}, 463),
    ({"merchant_bank_details": "ZZBANK01/THIEF"}, 463),
    ({"merchant_voucher_group": "OTH"}, 463),
    ({"Gov_Stack_BB": "bb-unknown"}, 460),
    ({"voucher_number": "x"}, 461),
    ({"voucher_number": 5}, 461),
    ({"voucher_number": None}, 400),
    ({"override": "yes"}, 400),
]


def test_a_merchant_is_paid_only_when_everything_fits(desk: Desk) -> None:
    number = desk.usable()["voucher_number"]
    for changed, code in MISFITS:
        body = {"voucher_number": int(number), **changed}
        assert (changed, desk.redeem(**body)) == (changed, code)
    assert desk.balance("merchant") == 0


def test_a_merchant_of_another_group_needs_the_override(desk: Desk) -> None:
    desk.put("/merchants/Shop", bankDetails="ZZBANK01/SHOP", voucherGroup="OTH")
    number = desk.usable()["voucher_number"]
    assert desk.redeem(number, merchant_voucher_group="OTH") == 463
    assert desk.redeem(number, merchant_voucher_group="OTH", override=True) == 200
    desk.put("/merchants/Shop", bankDetails="ZZBANK01/SHOP", voucherGroup="GEN", status="closed")
    assert desk.redeem(desk.usable()["voucher_number"]) == 463


def test_a_correlated_request_is_known_again(desk: Desk) -> None:
    desk.client.headers["X-CorrelationID"] = "one"
    code, made = desk.make()
    assert (code, desk.make()) == (200, (200, made))
    assert desk.make(voucher_amount="16")[0] == 400
    assert desk.balance("voucher") == 15.25


def test_numbers_are_sealed_at_rest_and_never_logged(
    desk: Desk, auditor: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = desk.usable()
    desk.redeem(made["voucher_number"])
    number = made["voucher_number"]
    forms = (number, number[-6:] + "'", int(number).to_bytes(8, "big").hex())
    tables = auditor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    for (table,) in tables:
        if table != "unsealed_numbers":
            rows = str(auditor.execute(f"SELECT t::text FROM {table} AS t").fetchall())
            assert not any(form in rows for form in forms), table
    assert not any(form in caplog.text for form in forms)


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


VOUCHER = "(SELECT max(serial)::text FROM vouchers)"


def entry(kind: str, giving: str, taking: str, amount: int = 1525) -> str:
    """Write a journal as an attacker would."""
    contra = "(SELECT max(number) FROM journals WHERE kind = 'issue')" if kind == "lapse" else "NULL"
    last = "(SELECT max(number) FROM journals)"
    return (
        "INSERT INTO journals (kind, batch_id, instruction_id, contra_of, booked_on)"
        f" VALUES ('{kind}', 'vouchers', {VOUCHER}, {contra}, '2026-01-01');"
        f"INSERT INTO postings VALUES ({last}, '{giving}', {-amount}), ({last}, '{taking}', {amount})"
    )


def test_a_used_voucher_can_be_used_by_no_statement(desk: Desk, auditor: psycopg.Connection[Any]) -> None:
    desk.make()
    desk.redeem(desk.usable()["voucher_number"])
    attacks = [
        entry("redeem", "voucher:GEN:XTS", "merchant:Shop:XTS"),
        entry("lapse", "voucher:GEN:XTS", "funding:XTS"),
        entry("issue", "funding:XTS", "voucher:GEN:XTS"),
    ]
    for attack in attacks:
        with pytest.raises(psycopg.errors.UniqueViolation):
            auditor.execute(attack)


def test_a_vouchers_money_goes_its_own_way(desk: Desk, auditor: psycopg.Connection[Any]) -> None:
    desk.put("/merchants/Other", bankDetails="x", voucherGroup="OTH")
    desk.put("/voucher-groups/OTH", validDays=5)
    desk.make(voucher_group="OTH")
    desk.usable()
    auditor.execute(
        "INSERT INTO accounts VALUES ('payee:THIEF:XTS', 'payee', 'XTS'),"
        " ('merchant:Shop:XTS', 'merchant', 'XTS')"
    )
    attacks = [
        entry("redeem", "voucher:GEN:XTS", "merchant:Shop:XTS", 1526),
        entry("redeem", "voucher:GEN:XTS", "payee:THIEF:XTS"),
        entry("redeem", "voucher:OTH:XTS", "merchant:Shop:XTS"),
        "UPDATE vouchers SET status = 'pre-activated'",
    ]
    for attack in attacks:
        with pytest.raises(psycopg.errors.CheckViolation):
            auditor.execute(attack)


def test_only_officers_enter_merchants_and_see_numbers(
    desk: Desk, client: TestClient, peers: PeersDouble
) -> None:
    serial = desk.make()[1]["voucher_serial_number"]
    for headers, code in (({}, 401), ({"Authorization": peers.token("x", "citizen")}, 403)):
        assert client.post(f"/vouchers/{serial}/disclosure", headers=headers).status_code == code
        body = {"bankDetails": "x", "voucherGroup": "GEN"}
        assert client.put("/merchants/Shop", json=body, headers=headers).status_code == code
        group = {"validDays": 1}
        assert client.put("/voucher-groups/GEN", json=group, headers=headers).status_code == code
    assert desk.put("/merchants/Third", bankDetails="x", voucherGroup="GEN", agentId="SHOP") == 409
