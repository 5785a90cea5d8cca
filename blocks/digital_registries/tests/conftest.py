"""A small population of two households, and the block as the mediator sees it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg import sql
from starlette.testclient import TestClient

from blockkit.standalone import Server
from blockkit.testing import PeersDouble, as_mediator, environment_for
from blocks.digital_registries.app import create_app
from blocks.digital_registries.seed import load

TEMPLATE = "digital_registries_template"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Persons ZZ0 to ZZ4; ZZ0 heads HH-0 with three members, ZZ3 heads HH-1 with two."""
    folder = tmp_path_factory.mktemp("two-households")
    persons = {
        "person_no": pa.array(range(5), pa.int64()),
        "household_no": pa.array([0, 0, 0, 1, 1], pa.int64()),
        "individual_id": [f"ZZ{n}" for n in range(5)],
        "given_name": ["Ada", "Ben", "Cy_n", "Dora", "O'Neil"],
        "family_name": ["Ash", "Ash", "Ash", None, "Elm"],
        "sex": ["female", "male", "female", "female", "male"],
        "birth_date": pa.array([date(1980 + n, 1, 31) for n in range(5)], pa.date32()),
    }
    counts = ["children_under_5", "children_under_18", "elderly", "disabled", "employed_adults"]
    households = {
        "household_no": pa.array([0, 1], pa.int64()),
        "household_id": ["HH-0", "HH-1"],
        "head_no": pa.array([0, 3], pa.int64()),
        "size": pa.array([3, 2], pa.int16()),
        **{name: pa.array([n, 0], pa.int16()) for n, name in enumerate(counts)},
        "monthly_income": pa.array([12_345, 0], pa.int64()),
        "district": ["North", "South"],
        "region": ["A", "B"],
    }
    pq.write_table(pa.table(persons), folder / "persons.parquet")
    pq.write_table(pa.table(households), folder / "households.parquet")
    units = {
        "unit_no": pa.array([0, 1], pa.int64()),
        "parent_no": pa.array([None, 0], pa.int64()),
        "level": pa.array([1, 2], pa.int16()),
        "level_name": ["region", "district"],
        "code": ["ZZ-01", "ZZ-01-01"],
        "name": ["Northmarch", "North"],
        "name_latin": ["Northmarch", "North"],
        "urban": [None, True],
    }
    organisations = {
        "organisation_no": pa.array([0, 1], pa.int64()),
        "registration_number": ["REG-0", "REG-1"],
        "name": ["North School", "Lamp Works"],
        "kind": ["public", "company"],
        "sector": ["education", "manufacturing"],
        "district": ["North", "South"],
        "founded_on": pa.array([date(2010, 2, 3)] * 2, pa.date32()),
        "director_no": pa.array([None, 4], pa.int64()),
        "phone": pa.array([None, None], pa.string()),
        "email": ["a@post.example", "b@post.example"],
    }
    products = {
        "product_code": ["PR-0"],
        "organisation_no": pa.array([1], pa.int64()),
        "name": ["lamp"],
        "category": ["lamps"],
        "unit_weight_grams": pa.array([96], pa.int64()),
        "units_on_market": pa.array([13_845], pa.int64()),
        "year": pa.array([2025], pa.int16()),
    }
    parcels = {
        "parcel_id": ["PA-0", "PA-1"],
        "owner_no": pa.array([0, 9], pa.int64()),
        "district": ["North", "South"],
        "area_m2": pa.array([1010, 24_222], pa.int64()),
        "land_use": ["residential", "agricultural"],
        "restriction": [None, "mortgage"],
    }
    licences = {
        "licence_number": ["LI-0"],
        "organisation_no": pa.array([1], pa.int64()),
        "kind": ["producer-registration"],
        "issued_on": pa.array([date(2021, 2, 18)], pa.date32()),
        "expires_on": pa.array([date(2026, 2, 18)], pa.date32()),
        "status": ["valid"],
    }
    tables = {"administrative_units": units, "organisations": organisations, "products": products}
    for name, table in {**tables, "parcels": parcels, "licences": licences}.items():
        pq.write_table(pa.table(table), folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="session")
def template(postgres: Server, data: Path) -> Iterator[str]:
    """The serving role's URL of the loaded database that each test gets a copy of."""
    yield postgres.make_database(TEMPLATE, load, data)
    postgres.drop_database(TEMPLATE)


@pytest.fixture(scope="session")
def a_copy(postgres: Server, template: str) -> Callable[[], AbstractContextManager[str]]:
    """Make copies of the loaded database; gives the serving role's URL of each."""

    @contextmanager
    def copying() -> Iterator[str]:
        name = f"digital_registries_test_{next(NUMBERS)}"
        postgres.clone_database(name, TEMPLATE)
        yield f"{template.rpartition('/')[0]}/{name}"
        with psycopg.connect(postgres.url(), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    return copying


@pytest.fixture
def database(a_copy: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """The serving role's URL of a loaded database."""
    with a_copy() as url:
        yield url


@pytest.fixture
def client(database: str, peers: PeersDouble) -> Iterator[TestClient]:
    with as_mediator(create_app(environment_for(database), transport=peers.transport())) as client:
        client.headers["Information-Mediator-Client"] = "SBX/GOV/CENTRAL/registration"
        yield client


Ask = Callable[..., Any]


@pytest.fixture
def ask(client: TestClient) -> Ask:
    """Call an operation of the Data API: `ask("read", "individuals", query={...})`."""

    def call(operation: str, registry: str, version: str = "1.0", **parts: dict[str, Any]) -> Any:
        method = "PUT" if operation in ("update", "updateEntries", "update-entries") else "POST"
        body = {name: {"content": content} for name, content in parts.items()}
        return client.request(method, f"/data/{registry}/{version}/{operation}", json=body)

    return call
