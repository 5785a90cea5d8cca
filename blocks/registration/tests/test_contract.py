"""The curated contract, the code and the published definitions promise the same operations."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from blockkit.app import read_contract
from blockkit.testing import contract_operations, environment_for, served_operations
from blocks.registration.app import create_app

FOLDER = Path(__file__).parents[1]
PUBLISHED = FOLDER.parents[2] / "shared" / "specs" / "govstack" / "registration"


def test_what_is_promised_is_served() -> None:
    app = create_app(environment_for("postgresql://nowhere"))
    assert served_operations(app) == contract_operations(read_contract(FOLDER))


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published definitions are not beside the repository")
def test_what_claims_to_be_published_is_published() -> None:
    claims = {
        (source, method, nameless(path))
        for path, item in read_contract(FOLDER)["paths"].items()
        for method, source in sources(item)
    }
    published = {
        (source, method, nameless(path))
        for source in {claim[0] for claim in claims}
        for path, item in json.loads((PUBLISHED / f"{source}.json").read_text())["paths"].items()
        for method in item
    }
    assert claims
    assert claims <= published


def sources(item: dict[str, Any]) -> list[tuple[str, str]]:
    operations = [(method, part) for method, part in item.items() if method != "parameters"]
    return [(method, part["x-source"]) for method, part in operations if part["x-source"] != "own"]


def nameless(path: str) -> str:
    return re.sub(r"\{[^{}]+\}", "{}", path)
