"""The contract holds every published operation, under its published name and path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from blockkit.app import read_contract
from blocks.messaging.app import FOLDER

PUBLISHED = Path(__file__).parents[4] / "shared" / "specs" / "govstack" / "messaging"
METHODS = ("get", "put", "post", "delete", "patch")


def operations(document: Any) -> set[tuple[str, str, str]]:
    return {
        (method, path, item[method]["operationId"])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published definitions are not beside the repository")
@pytest.mark.parametrize("file", ["swagger.json", "swagger.yaml"])
def test_every_published_operation_is_there(file: str) -> None:
    published = operations(YAML(typ="safe").load((PUBLISHED / file).read_text(encoding="utf-8")))
    assert published
    assert published <= operations(read_contract(FOLDER))
