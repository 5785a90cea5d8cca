"""Every operation of every block is closed to whoever is not the mediator, and says whether it asks who.

Blocks are found by their folders. The mediator itself, which everybody may speak to, asks who calls: its own
tests walk its operations. So do those of each block with foreign tokens and wrong roles, by the contract's
word on 401; here stands that this word leaves no operation out.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from starlette.testclient import TestClient

from blockkit.app import read_contract
from blockkit.testing import SECRET, PeersDouble, contract_operations, environment_for, routes_of

ROOT = Path(__file__).parents[2]
GUARDED = sorted(
    file.parent.name
    for file in (ROOT / "blocks").glob("*/openapi.yaml")
    if file.parent.name != "information_mediator"
)


def without_a_database(block: str, peers: PeersDouble) -> Any:
    """A block that can look nothing up: whatever it refuses is refused before that."""
    create_app = importlib.import_module(f"blocks.{block}.app").create_app
    return create_app(environment_for("postgresql://nowhere"), transport=peers.transport())


def promised(block: str) -> Mapping[tuple[str, str], Any]:
    contract = read_contract(ROOT / "blocks" / block)
    return {
        (method, path): contract["paths"][path][method.lower()]
        for method, path in contract_operations(contract)
    }


def page_roots(block: str) -> tuple[str, ...]:
    """Where a block's pages lie: those know people by a cookie, and send them to a log-in of their own."""
    return tuple(path.removesuffix("/login") for _, path in promised(block) if path.endswith("/login"))


def headers_of(dependant: Dependant) -> Iterator[str]:
    yield from (each.alias.lower() for each in dependant.header_params)
    for inner in dependant.dependencies:
        yield from headers_of(inner)


@pytest.mark.parametrize("block", GUARDED)
def test_only_the_mediator_is_answered(block: str, peers: PeersDouble) -> None:
    client = TestClient(without_a_database(block, peers))
    open_to_all = [
        (method, path, said)
        for method, path in sorted(contract_operations(read_contract(ROOT / "blocks" / block)))
        for said in ({}, {"X-Sandbox-Secret": ""}, {"X-Sandbox-Secret": "guessed"})
        if client.request(method, re.sub(r"\{[^{}]+\}", "1", path), headers=said).status_code != 401
    ]
    assert open_to_all == []
    assert peers.calls == []


@pytest.mark.parametrize("block", GUARDED)
def test_what_reads_a_token_says_that_it_refuses_without_one(block: str, peers: PeersDouble) -> None:
    app, pages = without_a_database(block, peers), page_roots(block)
    reads = {
        (method, route.path)
        for route in routes_of(app.router)
        if hasattr(route, "dependant") and "authorization" in headers_of(route.dependant)
        for method in route.methods
    }
    says = {
        operation
        for operation, document in promised(block).items()
        if "401" in document["responses"] and not (pages and operation[1].startswith(pages))
    }
    assert reads == says


@pytest.mark.parametrize("block", [each for each in GUARDED if page_roots(each)])
def test_a_page_shows_nothing_to_who_is_not_logged_in(block: str, peers: PeersDouble) -> None:
    shown = {"X-Sandbox-Secret": SECRET}
    client = TestClient(without_a_database(block, peers), follow_redirects=False, headers=shown)
    pages = [each for each in promised(block) if each[1].startswith(page_roots(block))]
    assert len(pages) >= 4
    for method, path in pages:
        answer = client.request(method, re.sub(r"\{[^{}]+\}", "1", path))
        where = answer.headers.get("location", "")
        asks_to_log_in = answer.status_code == 200 and "/login" in answer.text and method == "GET"
        sends_to_log_in = answer.status_code == 303 and "/login" in where
        # 502: the log-in itself, where identity can't be reached.
        assert asks_to_log_in or sends_to_log_in or answer.status_code in (400, 401, 403, 502), (method, path)
