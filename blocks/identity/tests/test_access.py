"""Identity answers the mediator and nobody else; all of its operations are walked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from blockkit.app import read_contract
from blockkit.testing import contract_operations, served_operations

FOLDER = Path(__file__).parents[1]
OPERATIONS = sorted(contract_operations(read_contract(FOLDER)))
UPSTREAM = FOLDER.parents[2] / "shared/specs/govstack/identity"


def test_only_the_mediator_is_answered(client: TestClient) -> None:
    for method, path in OPERATIONS:
        refused = client.request(method, path, headers={"X-Sandbox-Secret": "guess"})
        assert refused.status_code == 401, (method, path)


def test_a_request_that_is_nothing_is_answered(client: TestClient) -> None:
    for method, path in OPERATIONS:
        for content, kind in ((b"", ""), (b"\xff{", "application/json"), (b"[" * 5000, "application/json")):
            told = client.request(method, path, content=content, headers={"Content-Type": kind})
            assert told.status_code < 500, (method, path, told.text)


def test_the_contract_is_served_whole(client: TestClient) -> None:
    app: Any = client.app
    assert served_operations(app) == set(OPERATIONS)


@pytest.mark.skipif(not UPSTREAM.is_dir(), reason="the published definitions are not here")
def test_every_published_operation_is_there() -> None:
    from ruamel.yaml import YAML

    published = set()
    for name in ("Identity-Provider.yaml", "enrollment.yaml"):
        published |= contract_operations(YAML(typ="safe").load((UPSTREAM / name).read_text(encoding="utf-8")))
    assert published - set(OPERATIONS) == set()
    assert len(published) == 15
