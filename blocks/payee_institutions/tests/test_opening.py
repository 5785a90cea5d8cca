"""An account is opened once, for one person, and takes money from then on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

NEW = {"individualId": "ZZ9", "functionalId": "PAYEE9", "kind": "bank", "currency": "XTS"}


def open_it(client: TestClient, number: str = "ACC9", institution: str = "ZZBANK09", **changed: str) -> Any:
    return client.put(f"/institutions/{institution}/accounts/{number}", json={**NEW, **changed})


def test_an_opened_account_is_credited_at_an_institution_that_was_not_there(
    client: TestClient, instruction: Callable[..., dict[str, Any]]
) -> None:
    opened = open_it(client)
    assert opened.status_code == 201, opened.text
    assert client.get("/institutions/ZZBANK09/accounts/ACC9").json() == opened.json()
    body = {"settlementId": "S1", "instructions": [instruction(1, 9)]}
    (result,) = client.post("/institutions/ZZBANK09/settlements", json=body).json()["results"]
    assert result["status"] == "credited"
    (credit,) = client.get("/credits", params={"payee": "PAYEE9"}).json()["credits"]
    assert credit["accountNumber"] == "ACC9"
    assert client.get("/totals").json()["imbalance"] == 0


def test_the_same_again_is_the_same_account(client: TestClient) -> None:
    first = open_it(client)
    again = open_it(client)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_whoever_has_an_account_may_have_another(client: TestClient) -> None:
    mine = {"individualId": "ZZ1", "functionalId": f"PAYEE{1:015}"}
    assert open_it(client, institution="ZZMOBILE", **mine).status_code == 201
    assert open_it(client, number="ACC1", institution="ZZBANK01", **mine).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"institution": "ZZBANK01"},
        {"kind": "mobile-money"},
        {"currency": "QQQ"},
        {"individualId": "ZZ8", "functionalId": "PAYEE8"},
        {"number": "ACC8", "functionalId": "PAYEE8"},
        {"number": "ACC8", "individualId": "ZZ1"},
        {"number": "CLEARING-ZZBANK08-XTS"},
        {"number": "CLEARING-ZZBANK01-XTS", "institution": "ZZBANK01"},
    ],
)
def test_anothers_number_and_anothers_id_are_refused(client: TestClient, changed: dict[str, str]) -> None:
    assert open_it(client).status_code == 201
    assert open_it(client, **changed).status_code == 409
    assert client.get("/institutions/ZZBANK09/accounts/ACC8").status_code == 404


def test_of_many_at_once_one_opens_it(client: TestClient) -> None:
    with ThreadPoolExecutor(6) as crowd:
        statuses = sorted(crowd.map(lambda _: open_it(client).status_code, range(6)))
    assert statuses == [200] * 5 + [201]
