"""The served operations are those of the curated contract, and those are GovStack's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from blockkit.app import read_contract
from blockkit.testing import contract_operations, served_operations
from blocks.information_mediator.app import FOLDER

UPSTREAM = Path(__file__).parents[4] / "shared" / "specs" / "govstack" / "information-mediator"


def test_code_and_contract_agree(made: tuple[Any, str]) -> None:
    assert served_operations(made[0]) == contract_operations(read_contract(FOLDER))


@pytest.mark.skipif(not UPSTREAM.is_dir(), reason="the published definitions are not beside this checkout")
def test_every_path_is_published() -> None:
    contract = read_contract(FOLDER)
    for path, item in contract["paths"].items():
        source = YAML(typ="safe").load((UPSTREAM / item["get"]["x-source"]).read_text())
        assert "get" in source["paths"][path]
