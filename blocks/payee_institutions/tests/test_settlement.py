"""Money that reaches an institution is decided once per instruction, and stands in its own ledger."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.testing import as_mediator, environment_for
from blocks.payee_institutions.app import create_app
from blocks.payee_institutions.seed import load

Make = Callable[..., dict[str, Any]]


def send(client: TestClient, *instructions: dict[str, Any], institution: str = "ZZBANK01") -> list[Any]:
    answer = client.post(
        f"/institutions/{institution}/settlements",
        json={"settlementId": "S1", "instructions": list(instructions)},
    )
    assert answer.status_code == 200, answer.text
    return [(result["status"], result["reason"]) for result in answer.json()["results"]]


def plant(client: TestClient, individual: str, change: dict[str, Any]) -> int:
    body = {"individualId": individual, "change": change}
    return client.post("/_sandbox/plant", json=body).status_code


def test_a_credit_stands_in_the_ledger_under_the_holders_id(client: TestClient, instruction: Make) -> None:
    assert send(client, instruction(1, 0, payeeFunctionalId="SOMEBODYELSE")) == [("credited", "")]
    told = client.get("/credits", params={"payee": f"PAYEE{0:015}"}).json()
    assert (told["count"], told["sum"]) == (1, 20.5)
    assert told["credits"][0]["accountNumber"] == "ACC0"
    assert client.get("/credits", params={"payee": "SOMEBODYELSE"}).json()["count"] == 0


def test_a_repeated_instruction_is_answered_as_before_and_paid_once(
    client: TestClient, instruction: Make
) -> None:
    for _ in range(2):
        assert send(client, instruction(1), instruction(1)) == [("credited", "")] * 2
    assert client.get("/totals").json() == {"credits": 1, "sum": 20.5, "imbalance": 0, "journals": 1}


def test_a_rejection_is_kept_even_when_the_account_opens_again(client: TestClient, instruction: Make) -> None:
    plant(client, "ZZ0", {"account": "closed"})
    assert send(client, instruction(1)) == [("rejected", "account-closed")]
    plant(client, "ZZ0", {"account": "open"})
    assert send(client, instruction(1), instruction(2)) == [("rejected", "account-closed"), ("credited", "")]


def test_an_account_that_the_population_has_closed_takes_no_money(
    client: TestClient, instruction: Make
) -> None:
    assert send(client, instruction(1, 3), instruction(2, 0)) == [
        ("rejected", "account-closed"),
        ("credited", ""),
    ]
    assert client.get("/institutions/ZZBANK01/accounts/ACC3").json()["status"] == "closed"
    assert client.get("/totals").json() == {"credits": 1, "sum": 20.5, "imbalance": 0, "journals": 1}


def test_an_instruction_that_comes_back_changed_is_rejected(client: TestClient, instruction: Make) -> None:
    send(client, instruction(1))
    assert send(client, instruction(1, amount=99), instruction(1, account=1)) == [
        ("rejected", "instruction-reused"),
        ("rejected", "instruction-reused"),
    ]
    assert client.get("/totals").json()["sum"] == 20.5


def test_each_refusal_names_its_reason(client: TestClient, instruction: Make) -> None:
    assert send(
        client,
        instruction(1, accountNumber="NOBODYS"),
        instruction(2, accountNumber="ACC2"),
        instruction(3, currency="EUR"),
        instruction(4, accountNumber="CLEARING-ZZBANK01-XTS"),
    ) == [
        ("rejected", "account-unknown"),
        ("rejected", "account-unknown"),
        ("rejected", "currency"),
        ("rejected", "account-unknown"),
    ]
    plant(client, "ZZ0", {"behaviour": "rejects"})
    assert send(client, instruction(5)) == [("rejected", "refused-by-institution")]
    assert client.get("/totals").json() == {"credits": 0, "sum": 0, "imbalance": 0, "journals": 0}


def test_a_slow_institution_takes_its_time_and_pays(
    client: TestClient, instruction: Make, pauses: list[float]
) -> None:
    send(client, instruction(1))
    assert pauses == []
    plant(client, "ZZ0", {"behaviour": "slow"})
    assert send(client, instruction(2)) == [("credited", "")]
    assert len(pauses) == 1


def test_what_cannot_be_planted_is_refused(client: TestClient) -> None:
    assert plant(client, "ZZ0", {"account": "burnt"}) == 422
    assert plant(client, "ZZ0", {"given_name": "X"}) == 422
    assert plant(client, "ZZ4", {"account": "closed"}) == 404


def test_an_unknown_institution_is_named(client: TestClient, instruction: Make) -> None:
    body = {"settlementId": "S1", "instructions": [instruction(1)]}
    answer = client.post("/institutions/NOBANK/settlements", json=body)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "institution-unknown")


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": 0.001},
        {"currency": "xts"},
        {"instructionId": "a\x00b"},
        {"x": 1},
    ],
)
def test_an_unfit_instruction_is_refused_before_anything_is_booked(
    client: TestClient, instruction: Make, changed: dict[str, Any]
) -> None:
    body = {"settlementId": "S1", "instructions": [instruction(1), instruction(2, **changed)]}
    assert client.post("/institutions/ZZBANK01/settlements", json=body).status_code == 400
    assert client.get("/totals").json()["journals"] == 0


def test_the_same_settlements_at_the_same_moment_pay_once(client: TestClient, instruction: Make) -> None:
    with ThreadPoolExecutor(8) as crowd:
        answers = list(
            crowd.map(lambda n: send(client, *(instruction(k) for k in range(n % 3, n % 3 + 4))), range(8))
        )
    assert all(answer == [("credited", "")] * 4 for answer in answers)
    assert client.get("/totals").json() == {"credits": 6, "sum": 123, "imbalance": 0, "journals": 6}


def test_an_empty_population_gives_an_empty_house(make_database: Callable[..., str], tmp_path: Path) -> None:
    url = make_database(load, tmp_path / "nothing")
    with as_mediator(create_app(environment_for(url))) as client:
        assert client.get("/totals").json()["credits"] == 0
        assert client.get("/institutions/ZZBANK01/accounts/ACC0").status_code == 404
