"""The contract holds what is published of directory and publish/subscribe; all of it asks who calls."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from starlette.testclient import TestClient

from blockkit.app import read_contract
from blockkit.testing import contract_operations
from blocks.information_mediator.app import FOLDER

PUBLISHED = Path(__file__).parents[4] / "shared" / "specs" / "govstack" / "information-mediator"
METHODS = ("get", "put", "post", "delete", "patch")
FILES = ("GovStack_IM_Directory_Services_API.yaml", "GovStack_IM_PubSub_API.yaml")


def operations(document: Any) -> set[tuple[str, str, str]]:
    return {
        (method, path, item[method]["operationId"])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published definitions are not beside the repository")
@pytest.mark.parametrize("file", FILES)
def test_every_published_operation_is_there(file: str) -> None:
    reader = YAML(typ="safe")
    reader.allow_duplicate_keys = True  # type: ignore[attr-defined]  # one published file states a key twice
    published = operations(reader.load((PUBLISHED / file).read_text(encoding="utf-8")))
    assert published
    assert published <= operations(read_contract(FOLDER))


def test_every_operation_asks_who_calls(mediator: TestClient, ministry: dict[str, str]) -> None:
    unproven = (
        {},
        {**ministry, "Information-Mediator-Secret": "guessed"},
        {**ministry, "Information-Mediator-Client": "SBX/GOV/MINISTRY/another"},
        {"X-GovStack-Client": ministry["Information-Mediator-Client"]},
    )
    open_to_all = [
        (method, path, said)
        for method, path in sorted(contract_operations(read_contract(FOLDER)))
        for said in unproven
        if mediator.request(method, re.sub(r"\{[^{}]+\}", "1", path), headers=said).status_code != 401
    ]
    assert open_to_all == []
