"""Every operation of every block is closed to whoever is not the information mediator.

Blocks are found by their folders. The mediator itself, which everybody may speak to, asks who calls: its own
tests walk its operations.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from blockkit.app import read_contract
from blockkit.testing import PeersDouble, contract_operations, environment_for

ROOT = Path(__file__).parents[2]
GUARDED = sorted(
    file.parent.name
    for file in (ROOT / "blocks").glob("*/openapi.yaml")
    if file.parent.name != "information_mediator"
)


@pytest.mark.parametrize("block", GUARDED)
def test_only_the_mediator_is_answered(block: str, peers: PeersDouble) -> None:
    create_app = importlib.import_module(f"blocks.{block}.app").create_app
    # Refused before anything is looked up: there is no database.
    client = TestClient(create_app(environment_for("postgresql://nowhere"), transport=peers.transport()))
    open_to_all = [
        (method, path, said)
        for method, path in sorted(contract_operations(read_contract(ROOT / "blocks" / block)))
        for said in ({}, {"X-Sandbox-Secret": ""}, {"X-Sandbox-Secret": "guessed"})
        if client.request(method, re.sub(r"\{[^{}]+\}", "1", path), headers=said).status_code != 401
    ]
    assert open_to_all == []
    assert peers.calls == []
