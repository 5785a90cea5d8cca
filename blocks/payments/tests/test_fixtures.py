"""The state of a harness is data: it is entered, and then served by the same code as everything else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from blockkit.fixtures import FixturesUnusable, with_fixtures
from blockkit.testing import as_mediator, environment_for
from blocks.payments.app import create_app
from blocks.payments.fixtures import enter
from blocks.payments.seed import load

PUBLISHED = Path(__file__).parents[4] / "shared" / "specs" / "govstack" / "payments"
SMALL = {
    "g2p": [
        {
            "RequestID": "RequestID111",
            "SourceBBID": "SourceBBID11",
            "BatchID": "BatchID11111",
            "Beneficiaries": [{"PayeeFunctionalID": "P" * 20, "FinancialAddress": "ZZBANK01/1"}],
        }
    ],
    "vouchers": [
        "// Pre-Activated",
        {"voucher_number": "81", "voucher_serial_number": 5, "Gov_Stack_BB": "bb", "voucher_amount": "10"},
        "// Activated",
        {"voucher_number": "82", "voucher_serial_number": 6, "Gov_Stack_BB": "bb", "voucher_amount": "10"},
        "// already_used",
        {"voucher_number": "83", "voucher_serial_number": 7, "Gov_Stack_BB": "bb", "voucher_amount": "10"},
    ],
    "merchants": [
        {"merchant_name": "Shop", "merchant_bank_details": "b", "merchant_voucher_group": "General"},
        "// insufficient funds",
        {"merchant_name": "Poor", "merchant_bank_details": "b", "merchant_voucher_group": "Empty"},
        "// cannot be credited",
        {"merchant_name": "Shut", "merchant_bank_details": "b", "merchant_voucher_group": "Empty"},
    ],
}


@pytest.fixture
def serve(make_database: Callable[..., str]) -> Iterator[Callable[[Any], tuple[TestClient, str]]]:
    """Serve a block with a document entered; gives a client and the database's URL."""
    clients: list[TestClient] = []

    def start(document: Any) -> tuple[TestClient, str]:
        url = make_database(with_fixtures(load, enter, [(Path("fixtures.json"), document)]))
        client = as_mediator(create_app(environment_for(url)))
        client.__enter__()
        clients.append(client)
        return client, url

    yield start
    for client in clients:
        client.__exit__(None, None, None)


def redeem(
    client: TestClient, number: int, merchant: str, group: str, bank: str = "b", bb: str = "bb"
) -> int:
    body = {
        "voucher_number": number,
        "Gov_Stack_BB": bb,
        "merchant_name": merchant,
        "merchant_bank_details": bank,
        "merchant_voucher_group": group,
        "override": False,
    }
    return int(client.post("/vouchers/voucher_redemption", json=body).status_code)


def test_fixtures_are_served_by_the_same_rules(serve: Callable[[Any], tuple[TestClient, str]]) -> None:
    client, url = serve(SMALL)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM unsealed_numbers").fetchone() == (0,)
    told = [client.get(f"/vouchers/voucherstatuscheck/{serial}").status_code for serial in (5, 6, 7)]
    assert told == [200, 200, 458]
    assert redeem(client, 81, "Shop", "General") == 461
    assert redeem(client, 82, "Poor", "Empty") == 462
    assert redeem(client, 82, "Shut", "Empty") == 463
    assert redeem(client, 82, "Shop", "General") == 200
    trial = client.get("/ledger/trial-balance").json()
    balances = {line["kind"]: line["balance"] for line in trial["lines"]}
    assert (trial["imbalance"], balances["merchant"], balances["voucher"]) == (0, 10, 20)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "the document"),
        ({"vouchers": ["// Elsewhere", SMALL["vouchers"][1]]}, "Elsewhere"),
        ({"g2p": [{"SourceBBID": "x"}]}, "Beneficiaries"),
    ],
)
def test_a_file_of_another_form_is_named(
    make_database: Callable[..., str], document: Any, words: str
) -> None:
    with pytest.raises(FixturesUnusable, match=words):
        make_database(with_fixtures(load, enter, [(Path("fixtures.json"), document)]), Path("/nonexistent"))


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published definitions are not beside the repository")
def test_the_harness_requests_are_answered_as_it_wants(
    serve: Callable[[Any], tuple[TestClient, str]],
) -> None:
    """Each operation of the suite's definitions, twice as the harness does, with every code they name."""
    document = json.loads((PUBLISHED / "fixtures.json").read_text(encoding="utf-8"))
    client, _ = serve(document)
    shop, poor, shut = (document["merchants"][number] for number in (0, 6, 8))
    payee = document["g2p"][0]
    bb = "bb-digital-registries"
    passed = 0

    def wants(code: int, method: str, path: str, body: Any = None) -> None:
        nonlocal passed
        answers = [client.request(method, path, json=body) for _ in range(2)]
        assert answers[1].status_code == code, (method, path, body, answers[1].text)
        passed += 1

    register = {
        "RequestID": "harness00001",
        "SourceBBID": payee["SourceBBID"],
        "Beneficiaries": [{"PaymentModality": "00", **payee["Beneficiaries"][0]}],
    }
    for one in register["Beneficiaries"]:
        one.pop("InstructionID")
    instruction = {
        "InstructionID": payee["Beneficiaries"][0]["InstructionID"],
        "PayeeFunctionalID": payee["Beneficiaries"][0]["PayeeFunctionalID"],
        "Amount": 10.0,
        "Currency": "XTS",
        "Narration": "harness",
    }
    batch = {
        "RequestID": "harness00002",
        "SourceBBID": payee["SourceBBID"],
        "BatchID": payee["BatchID"],
        "CreditInstructions": [instruction],
    }
    for path, body in (
        ("/register-beneficiary", register),
        ("/update-beneficiary-details", register),
        ("/prepayment-validation", batch),
        ("/bulk-payment", batch),
    ):
        wants(200, "POST", path, body)
        wants(400, "POST", path, {**body, "RequestID": ""})
        wants(400, "POST", path, {**body, "SourceBBID": "thirteenchars"})

    wish = {
        "voucher_amount": "10.50",
        "voucher_currency": "XTS",
        "voucher_group": shop["merchant_voucher_group"],
        "Gov_Stack_BB": bb,
        "voucher_comment": "harness",
    }
    wants(200, "POST", "/vouchers/voucher_preactivation", wish)
    wants(400, "POST", "/vouchers/voucher_preactivation", {})
    for name, code in (
        ("voucher_amount", 452),
        ("voucher_currency", 453),
        ("voucher_group", 454),
        ("Gov_Stack_BB", 460),
    ):
        wants(code, "POST", "/vouchers/voucher_preactivation", {**wish, name: "unknown"})
    for serial, code in ((5550, 200), (1, 456)):
        what = {"voucher_serial_number": serial, "Gov_Stack_BB": bb}
        wants(code, "PATCH", "/vouchers/voucher_activation", what)
    unknown = {"voucher_serial_number": 5551, "Gov_Stack_BB": "unknown"}
    wants(460, "PATCH", "/vouchers/voucher_activation", unknown)
    wants(400, "PATCH", "/vouchers/voucher_activation", {})
    use = {"voucher_number": 600000, "Gov_Stack_BB": bb, "override": False, **shop}
    wants(463, "POST", "/vouchers/voucher_redemption", {**use, **shut})
    wants(462, "POST", "/vouchers/voucher_redemption", {**use, **poor})
    wants(460, "POST", "/vouchers/voucher_redemption", {**use, "Gov_Stack_BB": "unknown"})
    wants(461, "POST", "/vouchers/voucher_redemption", {**use, "voucher_number": 1})
    wants(400, "POST", "/vouchers/voucher_redemption", {})
    wants(200, "POST", "/vouchers/voucher_redemption", use)
    for serial, code in ((5432, 200), (123456, 200), (686886, 200), (6001, 458), (6002, 459), (1, 456)):
        wants(code, "GET", f"/vouchers/voucherstatuscheck/{serial}")
    for serial, source, code in (
        (5552, bb, 200),
        (60001, bb, 200),
        (686886, "Gov_Stack_BB", 200),
        (2134, "example Gov_Stack_BB", 464),
        (1, bb, 463),
    ):
        what = {"voucherserialnumber": str(serial), "Gov_Stack_BB": source}
        wants(code, "PATCH", f"/vouchers/voucherstatuscheck/{serial}", what)
    wants(400, "PATCH", "/vouchers/voucherstatuscheck/5553", {})
    assert passed == 40
