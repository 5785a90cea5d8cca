"""Three persons with addresses, and a client that speaks as the mediator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.messaging.app import create_app
from blocks.messaging.seed import load
from tests.fakes.mail_sink import MailSink, mail_sink

PEOPLE = {
    "individual_id": ["P1", "P2", "P3"],
    "email": ["ada@example.org", None, "ada@example.org"],
    "phone": [None, "+99900002", None],
}


def load_people(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    """Load the three; once a session, because a function is what `make_database` clones by."""
    del data
    with TemporaryDirectory() as folder:
        schema = pa.schema([(name, pa.string()) for name in PEOPLE])
        pq.write_table(pa.table(PEOPLE, schema=schema), Path(folder) / "persons.parquet")
        load(connection, Path(folder), role=role)


@pytest.fixture
def database(make_database: Callable[..., str]) -> str:
    return make_database(load_people)


@pytest.fixture
def app(database: str, peers: PeersDouble) -> FastAPI:
    return create_app(environment_for(database), transport=peers.transport())


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with as_mediator(app) as client:
        yield client
