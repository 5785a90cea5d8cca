"""Accounts, credits and statements are read from the ledger, by the sandbox's dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

Make = Callable[..., dict[str, Any]]


def settle(client: TestClient, *instructions: dict[str, Any]) -> None:
    body = {"settlementId": "S1", "instructions": list(instructions)}
    assert client.post("/institutions/ZZBANK01/settlements", json=body).status_code == 200


def test_accounts_are_checked_one_by_one_and_together(client: TestClient) -> None:
    one = client.get("/institutions/ZZBANK01/accounts/ACC1").json()
    assert one == {
        "institution": "ZZBANK01",
        "accountNumber": "ACC1",
        "status": "open",
        "kind": "bank",
        "currency": "XTS",
    }
    checked = client.post(
        "/institutions/ZZBANK01/account-checks", json={"accountNumbers": ["ACC0", "ACC2", "ACC1"]}
    ).json()
    assert [account["status"] for account in checked["accounts"]] == ["open", "unknown", "open"]
    assert client.get("/institutions/ZZBANK01/accounts/ACC2").status_code == 404
    missing = client.get("/institutions/NOBANK/accounts/ACC1")
    assert missing.json()["type"].endswith("/institution-unknown")


def test_credits_are_told_apart_by_cycle_date_and_account(client: TestClient, instruction: Make) -> None:
    settle(client, instruction(1, 0), instruction(2, 1))
    moved = client.post("/_sandbox/clock", json={"offset_seconds": 31 * 86400}).json()["today"]
    settle(client, instruction(3, 0, instructionId="CYCLE2-1"))

    def count(**question: str) -> int:
        told = client.get("/credits", params=question).json()
        assert told["count"] == len(told["credits"])
        return int(told["count"])

    assert count() == 3
    assert count(instructionPrefix="CYCLE1") == 2
    assert count(instructionPrefix="CYCLE1", accountNumber="ACC0") == 1
    assert count(since=moved) == 1
    assert count(until=moved) == 3
    assert count(payee=f"PAYEE{3:015}") == 0
    cut = client.get("/credits", params={"limit": 1}).json()
    assert (cut["count"], len(cut["credits"]), cut["sum"]) == (3, 1, 61.5)


def test_a_statement_leads_from_opening_to_closing(client: TestClient, instruction: Make) -> None:
    settle(client, instruction(1), instruction(2))
    moved = client.post("/_sandbox/clock", json={"offset_seconds": 31 * 86400}).json()["today"]
    settle(client, instruction(3, amount=9))
    statement = client.get("/institutions/ZZBANK01/accounts/ACC0/statement", params={"since": moved}).json()
    assert (statement["openingBalance"], statement["closingBalance"]) == (41, 50)
    assert [entry["endToEndId"] for entry in statement["entries"]] == ["CYCLE1-000000003"]
    whole = client.get("/institutions/ZZBANK01/accounts/ACC0/statement").json()
    assert (whole["openingBalance"], len(whole["entries"]), whole["closingBalance"]) == (0, 3, 50)
