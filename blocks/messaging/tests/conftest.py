"""Three persons with addresses, and a client that speaks as the mediator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.messaging.app import create_app
from blocks.messaging.seed import load


@pytest.fixture
def population(tmp_path: Path) -> Path:
    people = {
        "individual_id": ["P1", "P2", "P3"],
        "email": ["ada@example.org", None, "ada@example.org"],
        "phone": [None, "+99900002", None],
    }
    schema = pa.schema([(name, pa.string()) for name in people])
    pq.write_table(pa.table(people, schema=schema), tmp_path / "persons.parquet")
    return tmp_path


@pytest.fixture
def database(make_database: Callable[..., str], population: Path) -> str:
    return make_database(load, population)


@pytest.fixture
def app(database: str, peers: PeersDouble) -> FastAPI:
    return create_app(environment_for(database), transport=peers.transport())


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with as_mediator(app) as client:
        yield client
