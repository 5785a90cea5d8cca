"""The curated contract, the code and GovStack's own files (where a copy lies beside the repository) agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from blockkit.app import read_contract
from blockkit.testing import contract_operations, environment_for, served_operations
from blocks.payments.app import create_app

FOLDER = Path(__file__).parents[1]
UPSTREAM = FOLDER.parents[2] / "shared" / "specs"
CONTRACT = read_contract(FOLDER)
CLAIMED = [
    (method, path, operation["x-source"])
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if method != "parameters" and operation["x-source"] != "own"
]


def test_what_is_promised_is_served() -> None:
    app = create_app(environment_for("postgresql://nowhere"))
    assert served_operations(app) == contract_operations(CONTRACT)


@pytest.mark.skipif(not UPSTREAM.is_dir(), reason="GovStack's files do not lie beside the repository")
@pytest.mark.parametrize(("method", "path", "source"), CLAIMED)
def test_what_is_said_to_be_govstacks_is_theirs(method: str, path: str, source: str) -> None:
    reader = YAML(typ="safe")
    reader.allow_duplicate_keys = True  # one upstream file has a key twice, one a query in its path
    upstream: dict[str, Any] = reader.load((UPSTREAM / source).read_text(encoding="utf-8"))
    paths = {name.partition("?")[0]: item for name, item in upstream["paths"].items()}
    assert method in paths[path]
