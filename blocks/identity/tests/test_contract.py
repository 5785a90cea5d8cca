"""The curated contract, the code and the published definitions promise the same operations."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from blockkit.app import read_contract
from blockkit.testing import contract_operations, environment_for, served_operations
from blocks.identity.app import create_app

FOLDER = Path(__file__).parents[1]
SPECS = FOLDER.parents[2] / "shared" / "specs" / "govstack"


def test_what_is_promised_is_served() -> None:
    app = create_app(environment_for("postgresql://nowhere"))
    assert served_operations(app) == contract_operations(read_contract(FOLDER))


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published definitions are not beside the repository")
def test_what_is_said_to_be_published_is() -> None:
    said: dict[str, set[tuple[str, str]]] = {}
    for path, item in read_contract(FOLDER)["paths"].items():
        for method, operation in item.items():
            if method != "parameters" and operation["x-source"] != "own":
                said.setdefault(operation["x-source"], set()).add((method.upper(), path))
    for source, operations in said.items():
        upstream = YAML(typ="safe").load((SPECS / source).read_text(encoding="utf-8"))
        assert operations <= contract_operations(upstream)
