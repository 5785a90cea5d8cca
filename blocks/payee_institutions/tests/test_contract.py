"""The curated contract and the code promise the same operations."""

from __future__ import annotations

from pathlib import Path

from blockkit.app import read_contract
from blockkit.testing import contract_operations, environment_for, served_operations
from blocks.payee_institutions.app import create_app

FOLDER = Path(__file__).parents[1]


def test_what_is_promised_is_served() -> None:
    app = create_app(environment_for("postgresql://nowhere"))
    assert served_operations(app) == contract_operations(read_contract(FOLDER))
