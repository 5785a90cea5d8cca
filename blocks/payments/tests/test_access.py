"""Every operation is closed to strangers: without the mediator's secret all, without the right token some."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from blockkit.app import read_contract
from blockkit.testing import PeersDouble

CONTRACT = read_contract(Path(__file__).parents[1])
METHODS = ("get", "put", "post", "delete", "patch")
BODIES: Mapping[str, Any] = {
    "putVoucherGroup": {"validDays": 1},
    "putMerchant": {"bankDetails": "x", "voucherGroup": "GEN"},
    "putBudget": {"currency": "XTS", "ceiling": 1},
    "closePeriod": {"until": "2020-01-01"},
    "reconcile": {"batchId": "B"},
}
QUERIES: Mapping[str, Mapping[str, str]] = {
    "readBudget": {"currency": "XTS"},
    "drawSample": {"batchId": "B", "size": "1", "seed": "s"},
}


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in CONTRACT["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, re.sub(r"\{[^{}]+\}", "1", path), item[method]


def test_nobody_but_the_mediator_is_answered(client: TestClient) -> None:
    refused = {
        operation["operationId"]: client.request(
            method, path, headers={"X-Sandbox-Secret": "wrong"}
        ).status_code
        for method, path, operation in operations()
    }
    assert set(refused.values()) == {401}
    assert len(refused) > 35


def test_what_needs_an_officer_is_refused_without_one(client: TestClient, peers: PeersDouble) -> None:
    stranger = PeersDouble().token("officer", "auditor", "treasury-officer", "voucher-officer")
    guarded = [each for each in operations() if "x-role" in each[2]]
    refusing = {each[2]["operationId"] for each in operations() if "401" in each[2]["responses"]}
    assert {each[2]["operationId"] for each in guarded} == refusing != set()
    for method, path, operation in guarded:
        name = operation["operationId"]

        def code(token: str | None, method: str = method, path: str = path, name: str = name) -> int:
            answer = client.request(
                method,
                path,
                json=BODIES.get(name),
                params=QUERIES.get(name),
                headers={"Authorization": token} if token else {},
            )
            return int(answer.status_code)

        codes = [code(None), code(stranger), code(peers.token("citizen", "citizen", "payroll-maker"))]
        assert (name, codes) == (name, [401, 401, 403])
        assert code(peers.token("officer", operation["x-role"])) not in (400, 401, 403), name
