"""Lookups among a few thousand records read an index, and answer as if there were none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from blockkit.records import Connection
from blockkit.standalone import Server
from blocks.digital_registries.changes import Asker, Change
from blocks.digital_registries.definitions import Registry, find_registry
from blocks.digital_registries.entries import find_entries
from blocks.digital_registries.listing import Page, list_entries
from blocks.digital_registries.lookups import narrow
from blocks.digital_registries.seed import HOUSEHOLDS, load
from blocks.digital_registries.writes import create

PEOPLE, IN_A_HOUSEHOLD = 3000, 4
GRANT = {
    "payeeFunctionalId": "A" * 20,
    "amount": 20,
    "currency": "XTS",
    "status": "active",
    "programme": "cash-transfer",
}


def enter(db: Connection, registry: Registry, content: dict[str, Any]) -> None:
    create(
        db, registry, Change("create", {}, content, Asker("test", "", "", datetime(2026, 1, 1, tzinfo=UTC)))
    )


@pytest.fixture(scope="module")
def url(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The serving role's URL of a database of 3,000 persons, 750 households and 500 beneficiaries."""
    data = tmp_path_factory.mktemp("people")
    numbers = range(PEOPLE)
    persons = {
        "person_no": pa.array(numbers, pa.int64()),
        "household_no": pa.array([n // IN_A_HOUSEHOLD for n in numbers], pa.int64()),
        "individual_id": [f"ZZ{n}" for n in numbers],
        "given_name": [f"Given{n % 300}" for n in numbers],
        "family_name": [None if n % 7 == 0 else f"Family{n % 200}" for n in numbers],
        "sex": [("female", "male")[n % 2] for n in numbers],
        "birth_date": pa.array([date(1980, 1, 1) + timedelta(n % 1000) for n in numbers], pa.date32()),
    }
    homes = range(PEOPLE // IN_A_HOUSEHOLD)
    households: dict[str, Any] = {
        name: pa.array([n % 9 for n in homes], pa.int64() if name == "monthly_income" else pa.int16())
        for name in HOUSEHOLDS
    }
    households |= {
        "household_no": pa.array(homes, pa.int64()),
        "household_id": [f"HH-{n}" for n in homes],
        "head_no": pa.array([n * IN_A_HOUSEHOLD for n in homes], pa.int64()),
        "district": ["North"] * len(homes),
        "region": ["A"] * len(homes),
    }
    pq.write_table(pa.table(persons), data / "persons.parquet")
    pq.write_table(pa.table(households), data / "households.parquet")
    name = "digital_registries_lookups"
    url = postgres.make_database(name, load, data)
    with psycopg.connect(url, row_factory=dict_row) as db:
        registry = find_registry(db, "beneficiaries", "1.0", lock=True)
        for n in range(500):
            enter(db, registry, {**GRANT, "individualId": f"ZZ{n}", "householdId": f"HH-{n}"})
    with psycopg.connect(postgres.url(name), autocommit=True) as admin:
        admin.execute("ANALYZE records")  # as the server does by itself, some time after many writes
    yield url
    postgres.drop_database(name)


@pytest.fixture
def db(url: str) -> Iterator[Connection]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        yield connection


class Explaining:
    """Runs statements, and keeps how the server meant to run each of them."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self.plans: list[str] = []

    def execute(self, statement: str, parameters: Any) -> Any:
        plan = self._db.execute("EXPLAIN " + statement, parameters).fetchall()
        self.plans.append("\n".join(row["QUERY PLAN"] for row in plan))
        return self._db.execute(statement, parameters)


LOOKUPS = [
    ("individuals", {"individualId": "ZZ77"}, "records_pkey"),
    ("individuals", {"householdId": "HH-7"}, "records_hashtext_idx"),
    ("individuals", {"givenName": "Given7"}, "records_hashtext_idx"),
    ("individuals", {"familyName": "Family8"}, "records_hashtext_idx"),
    ("individuals", {"birthDate": "1980-02-02"}, "records_hashtext_idx"),
    ("individuals", {"familyName": "Family8", "birthDate": "1980-01-09"}, "records_hashtext_idx"),
    ("households", {"householdId": "HH-7"}, "records_pkey"),
    ("households", {"individualId": "ZZ28"}, "records_hashtext_idx"),
    ("households", {"householdId": "HH-7", "individualId": "ZZ28"}, "records_pkey"),
    ("beneficiaries", {"beneficiaryId": "B7"}, "records_pkey"),
    ("beneficiaries", {"individualId": "ZZ7"}, "records_content"),
    ("beneficiaries", {"individualId": "ZZ7", "programme": "cash-transfer"}, "records_content"),
]


@pytest.mark.parametrize(("code", "query", "index"), LOOKUPS)
def test_a_lookup_reads_an_index_that_its_fields_are_in(
    db: Connection, code: str, query: dict[str, Any], index: str
) -> None:
    registry, explaining = find_registry(db, code, "1.0"), Explaining(db)
    assert find_entries(explaining, registry, query, most=2)  # type: ignore[arg-type]
    assert list_entries(explaining, registry, Page(query=query)).count  # type: ignore[arg-type]
    for plan in explaining.plans:
        assert index in plan
        assert "Seq Scan" not in plan
        if index == "records_pkey":
            assert "record_id = " in plan  # one record, not all of the registry


def test_a_lookup_that_is_asked_often_still_reads_the_index(db: Connection) -> None:
    registry = find_registry(db, "individuals", "1.0")
    for n in range(20):
        find_entries(db, registry, {"householdId": f"HH-{n}"}, most=10)
    prepared = db.execute("SELECT * FROM pg_prepared_statements WHERE statement LIKE '%hashtext%'").fetchone()
    assert prepared is not None
    assert (prepared["generic_plans"], prepared["custom_plans"] > 10) == (0, True)


ANSWERS = [
    *((code, query) for code, query, _ in LOOKUPS),
    ("individuals", {"individualId": "ZZ77", "alive": False}),
    ("individuals", {"householdId": "HH-7", "sex": "male", "deathDate": None}),
    ("individuals", {"familyName": None}),
    ("individuals", {"familyName": ""}),
    ("individuals", {"givenName": ["Given7"]}),
    ("individuals", {"birthDate": {}}),
    ("individuals", {"householdId": 7}),
    ("individuals", {"alive": True, "givenName": "Given7"}),
    ("households", {"members": ["ZZ29"]}),
    ("households", {"members": "ZZ29"}),
    ("households", {"members": []}),
    ("households", {"size": 3, "district": "North"}),
    ("households", {"individualId": ["ZZ28"], "size": 7}),
    ("beneficiaries", {"amount": 20.0, "householdId": "HH-7"}),
]


@pytest.mark.parametrize(("code", "query"), ANSWERS)
def test_an_answer_is_what_reading_every_record_would_give(
    db: Connection, code: str, query: dict[str, Any]
) -> None:
    registry = find_registry(db, code, "1.0")
    every = db.execute(
        "SELECT record_id FROM records WHERE registry = %s AND content @> %s ORDER BY record_id",
        [registry.id, Jsonb(query)],
    ).fetchall()
    found = find_entries(db, registry, query, most=PEOPLE)
    assert [entry.record_id for entry in found] == [row["record_id"] for row in every]


def test_no_text_of_a_condition_comes_from_a_caller(db: Connection) -> None:
    registry = find_registry(db, "individuals", "1.0")
    assert "evil" not in narrow(registry, {"evil": "evil", "individualId": "evil", "givenName": "evil"})[0]


def test_a_text_is_found_however_long_it_is(db: Connection) -> None:
    registry = find_registry(db, "individuals", "1.0", lock=True)
    long = "x".join(str(n) for n in range(5000))
    person = find_entries(db, registry, {"individualId": "ZZ0"})[0].content
    enter(db, registry, {**person, "individualId": "ZZ-LONG", "familyName": long})
    assert [entry.record_id for entry in find_entries(db, registry, {"familyName": long}, most=2)] == [
        "ZZ-LONG"
    ]
    db.rollback()
