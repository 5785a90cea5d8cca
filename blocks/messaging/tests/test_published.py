"""What the contract claims to be GovStack's is published by GovStack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blockkit.app import read_contract
from blocks.messaging.app import FOLDER

UPSTREAM = Path(__file__).parents[4] / "shared" / "specs" / "govstack" / "messaging" / "swagger.json"


@pytest.mark.skipif(not UPSTREAM.is_file(), reason="the published definitions are not beside this checkout")
def test_every_claimed_path_and_name_is_published() -> None:
    published = json.loads(UPSTREAM.read_text())["paths"]
    claimed = {
        (path, method, operation["operationId"])
        for path, item in read_contract(FOLDER)["paths"].items()
        for method, operation in item.items()
        if operation["x-source"] != "own"
    }
    assert claimed == {
        (path, method, operation["operationId"])
        for path, item in published.items()
        for method, operation in item.items()
    }
