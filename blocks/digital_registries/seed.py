"""Fills the registries from a population: individuals and households; beneficiaries begin empty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from blockkit.seed import copy_batches, read_batches, run_sql
from blocks.digital_registries.definitions import DEFAULT_FORMAT
from blocks.digital_registries.schemas import read_shape

FOLDER = Path(__file__).parent
PERSONS = ["person_no", "household_no", "individual_id", "given_name", "family_name", "sex", "birth_date"]
HOUSEHOLDS = [
    "household_no",
    "household_id",
    "head_no",
    "size",
    "children_under_5",
    "children_under_18",
    "elderly",
    "disabled",
    "employed_adults",
    "monthly_income",
    "district",
    "region",
]


def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    """Create the schema, define the seeded registries and load their records; the caller commits."""
    run_sql(connection, FOLDER / "schema.sql", role=role)
    for file in sorted((FOLDER / "registries").glob("*.json")):
        _define(connection, json.loads(file.read_text(encoding="utf-8")))
    # The files land in tables as they are; PostgreSQL writes the documents faster than we could.
    run_sql(connection, FOLDER / "staging.sql", role=role)
    copy_batches(connection, "staged_persons", read_batches(data / "persons.parquet", PERSONS))
    copy_batches(connection, "staged_households", read_batches(data / "households.parquet", HOUSEHOLDS))
    run_sql(connection, FOLDER / "documents.sql", role=role)
    run_sql(connection, FOLDER / "keys.sql", role=role)


def _define(connection: psycopg.Connection[Any], given: dict[str, Any]) -> None:
    shape = read_shape(given["schema"])
    connection.execute(
        """INSERT INTO registries (code, version, group_name, catalog_name, schema, primary_key, subject,
                                   unique_keys, number_format)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            given["code"],
            given["version"],
            given["groupName"],
            given["catalogName"],
            Jsonb(given["schema"]),
            shape.primary_key,
            shape.subject,
            Jsonb(given.get("uniqueKeys", [])),
            given.get("numberFormat", DEFAULT_FORMAT),
        ],
    )
