"""Vouchers in the compliance dialect: one machine of states, a number that nobody reads at rest."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble
from blocks.payments.tests.voucher_desk import Desk


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
