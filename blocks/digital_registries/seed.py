"""Fills the registries from a population: people, homes, organisations, goods, land, districts, licences.

The others that are defined beside these begin empty.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from blockkit.seed import copy_batches, read_batches, run_sql
from blocks.digital_registries.designs import DEFAULT_FORMAT, Design, design

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


STAGED = {
    "persons": PERSONS,
    "households": HOUSEHOLDS,
    "administrative_units": [
        *("unit_no", "parent_no", "level", "level_name", "code", "name", "name_latin", "urban"),
    ],
    "organisations": [
        *("organisation_no", "registration_number", "name", "kind", "sector", "district", "founded_on"),
        *("director_no", "phone", "email"),
    ],
    "products": [
        *(
            "product_code",
            "organisation_no",
            "name",
            "category",
            "unit_weight_grams",
            "units_on_market",
            "year",
        ),
    ],
    "parcels": ["parcel_id", "owner_no", "district", "area_m2", "land_use", "restriction"],
    "licences": ["licence_number", "organisation_no", "kind", "issued_on", "expires_on", "status"],
}
"""What of each table is read; a table that isn't there leaves its registry empty."""


def load(connection: psycopg.Connection[Any], data: Path, *, role: str) -> None:
    """Create the schema, define the seeded registries and load their records; the caller commits."""
    run_sql(connection, FOLDER / "schema.sql", role=role)
    for file in sorted((FOLDER / "registries").glob("*.json")):
        _define(connection, json.loads(file.read_text(encoding="utf-8")))
    # The files land in tables as they are; PostgreSQL writes the documents faster than we could.
    run_sql(connection, FOLDER / "staging.sql", role=role)
    for table, columns in STAGED.items():
        copy_batches(connection, f"staged_{table}", read_batches(data / f"{table}.parquet", columns))
    run_sql(connection, FOLDER / "documents.sql", role=role)
    run_sql(connection, FOLDER / "keys.sql", role=role)


def _define(connection: psycopg.Connection[Any], given: dict[str, Any]) -> None:
    before, connection.row_factory = connection.row_factory, dict_row
    try:
        design(
            connection,
            Design(
                code=given["code"],
                version=given["version"],
                group_name=given["groupName"],
                catalog_name=given["catalogName"],
                description=given.get("description", ""),
                institution=given.get("institution", ""),
                schema=given["schema"],
                unique_keys=given.get("uniqueKeys", ()),
                number_format=given.get("numberFormat", DEFAULT_FORMAT),
            ),
        )
    finally:
        connection.row_factory = before
