"""A small population with accounts, and the block as the mediator sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from blockkit.testing import as_mediator, environment_for
from blocks.payee_institutions.app import create_app
from blocks.payee_institutions.seed import load


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five persons, four of whom hold an account at two institutions; the last one's is closed."""
    numbers = range(5)
    persons = {
        "person_no": pa.array(numbers, pa.int64()),
        "individual_id": [f"ZZ{n}" for n in numbers],
        "functional_id": [f"PAYEE{n:015}" for n in numbers],
        "given_name": [f"Name{n}" for n in numbers],
    }
    accounts = {
        "account_id": pa.array(range(4), pa.int64()),
        "person_no": pa.array(range(4), pa.int64()),
        "institution": ["ZZBANK01", "ZZBANK01", "ZZMOBILE", "ZZBANK01"],
        "account_number": [f"ACC{n}" for n in range(4)],
        "kind": ["bank", "bank", "mobile-money", "bank"],
        "currency": ["XTS", "XTS", "XTS", "XTS"],
        "status": ["open", "open", "open", "closed"],
    }
    pq.write_table(pa.table(persons), tmp_path / "persons.parquet")
    pq.write_table(pa.table(accounts), tmp_path / "accounts.parquet")
    return tmp_path


@pytest.fixture
def database(make_database: Callable[..., str], data: Path) -> str:
    """The serving role's URL of a loaded database."""
    return make_database(load, data)


@pytest.fixture
def pauses() -> list[float]:
    """How long the institutions took their time."""
    return []


@pytest.fixture
def client(database: str, pauses: list[float]) -> Iterator[TestClient]:
    with as_mediator(create_app(environment_for(database), pause=pauses.append)) as client:
        yield client


@pytest.fixture
def instruction() -> Callable[..., dict[str, Any]]:
    """Write an instruction to account `ACC<n>`."""

    def make(number: int, account: int = 0, **changed: Any) -> dict[str, Any]:
        return {
            "instructionId": f"CYCLE1-{number:09}",
            "accountNumber": f"ACC{account}",
            "payeeFunctionalId": f"PAYEE{account:015}",
            "amount": 20.5,
            "currency": "XTS",
            "narration": "transfer",
            **changed,
        }

    return make
