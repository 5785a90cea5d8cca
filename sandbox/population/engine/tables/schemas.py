"""Every table of a population with its columns: the contract with the blocks' loaders.

Tables by name, in the order in which they are written; file `<name>.parquet`. Columns that
may be missing are said so here; whoever reads a population needs no other list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

_NUMBER, _SMALL, _TEXT, _DAY, _FLAG = pa.int64(), pa.int16(), pa.string(), pa.date32(), pa.bool_()

DOMAINS = ("seeing", "hearing", "walking", "remembering", "self_care", "communicating")
"""Washington Group short set: 1 no difficulty, 2 some, 3 a lot, 4 cannot do at all."""


def _schema(**columns: Any) -> Any:
    return pa.schema(columns)


SCHEMAS: Mapping[str, Any] = {
    "persons": _schema(
        person_no=_NUMBER,
        household_no=_NUMBER,
        role=_TEXT,
        individual_id=_TEXT,
        given_name=_TEXT,
        family_name=_TEXT,
        sex=_TEXT,
        birth_date=_DAY,
        mother_no=_NUMBER,
        father_no=_NUMBER,
        spouse_no=_NUMBER,
        phone=_TEXT,
        email=_TEXT,
        employed=_FLAG,
        monthly_income=_NUMBER,
        disability=_FLAG,
        literate=_FLAG,
        functional_id=_TEXT,
        other_names=_TEXT,
        given_name_latin=_TEXT,
        family_name_latin=_TEXT,
        other_names_latin=_TEXT,
        birth_name=_TEXT,
        death_date=_DAY,
        **dict.fromkeys(DOMAINS, _SMALL),
        persona=_TEXT,
    ),
    "households": _schema(
        household_no=_NUMBER,
        household_id=_TEXT,
        head_no=_NUMBER,
        size=_SMALL,
        region=_TEXT,
        district=_TEXT,
        settlement=_TEXT,
        address=_TEXT,
        urban=_FLAG,
        children_under_5=_SMALL,
        children_under_18=_SMALL,
        elderly=_SMALL,
        disabled=_SMALL,
        employed_adults=_SMALL,
        monthly_income=_NUMBER,
        unit_no=_NUMBER,
    ),
    "accounts": _schema(
        account_id=_NUMBER,
        person_no=_NUMBER,
        institution=_TEXT,
        account_number=_TEXT,
        kind=_TEXT,
        currency=_TEXT,
        status=_TEXT,
        opened_on=_DAY,
    ),
    "administrative_units": _schema(
        unit_no=_NUMBER,
        parent_no=_NUMBER,
        level=_SMALL,
        level_name=_TEXT,
        code=_TEXT,
        name=_TEXT,
        name_latin=_TEXT,
        urban=_FLAG,
        households_weight=_NUMBER,
    ),
    "addresses": _schema(
        address_no=_NUMBER, household_no=_NUMBER, unit_no=_NUMBER, street=_TEXT, house=_TEXT, line=_TEXT
    ),
    "civil_events": _schema(
        event_no=_NUMBER,
        kind=_TEXT,
        event_date=_DAY,
        registered_on=_DAY,
        person_no=_NUMBER,
        partner_no=_NUMBER,
        mother_no=_NUMBER,
        father_no=_NUMBER,
        subject_name=_TEXT,
        subject_birth_date=_DAY,
        unit_no=_NUMBER,
    ),
    "contacts": _schema(contact_no=_NUMBER, person_no=_NUMBER, kind=_TEXT, value=_TEXT, preferred=_FLAG),
    "organisations": _schema(
        organisation_no=_NUMBER,
        registration_number=_TEXT,
        name=_TEXT,
        kind=_TEXT,
        sector=_TEXT,
        unit_no=_NUMBER,
        district=_TEXT,
        founded_on=_DAY,
        director_no=_NUMBER,
        phone=_TEXT,
        email=_TEXT,
    ),
    "employment": _schema(
        employment_no=_NUMBER,
        person_no=_NUMBER,
        organisation_no=_NUMBER,
        occupation=_TEXT,
        started_on=_DAY,
        monthly_pay=_NUMBER,
    ),
    "parcels": _schema(
        parcel_no=_NUMBER,
        parcel_id=_TEXT,
        owner_no=_NUMBER,
        unit_no=_NUMBER,
        district=_TEXT,
        area_m2=_NUMBER,
        land_use=_TEXT,
        restriction=_TEXT,
    ),
    "products": _schema(
        product_no=_NUMBER,
        product_code=_TEXT,
        organisation_no=_NUMBER,
        name=_TEXT,
        category=_TEXT,
        unit_weight_grams=_NUMBER,
        units_on_market=_NUMBER,
        year=_SMALL,
    ),
    "licences": _schema(
        licence_no=_NUMBER,
        licence_number=_TEXT,
        organisation_no=_NUMBER,
        kind=_TEXT,
        issued_on=_DAY,
        expires_on=_DAY,
        status=_TEXT,
    ),
    "consents": _schema(
        consent_no=_NUMBER, person_no=_NUMBER, purpose=_TEXT, given_on=_DAY, withdrawn_on=_DAY
    ),
}

NULLABLE: Mapping[str, frozenset[str]] = {
    "persons": frozenset(
        [
            "family_name",
            "mother_no",
            "father_no",
            "spouse_no",
            "phone",
            "email",
            "other_names",
            "family_name_latin",
            "other_names_latin",
            "birth_name",
            "death_date",
            "persona",
        ]
    ),
    "administrative_units": frozenset({"parent_no", "urban"}),
    "addresses": frozenset({"street"}),
    "civil_events": frozenset(
        {"registered_on", "person_no", "partner_no", "mother_no", "father_no", "subject_birth_date"}
    ),
    "organisations": frozenset({"director_no", "phone", "email"}),
    "parcels": frozenset({"restriction"}),
    "consents": frozenset({"withdrawn_on"}),
}
"""Columns that may be null; all others never are."""


def assemble(table: str, **columns: Any) -> pa.RecordBatch:
    """Put columns into the table's schema; a missing, surplus or lossy column is an error.

    Texts from a pool may come dictionary-encoded; they stay so, which saves writing each one out.
    """
    schema = SCHEMAS[table]
    if set(columns) != set(schema.names):
        raise AssertionError(f"columns of {table} differ from its schema")
    arrays = []
    for field in schema:
        column = columns[field.name]
        array = column if isinstance(column, pa.Array) else pa.array(column)
        plain = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
        arrays.append(array if plain.equals(field.type) else array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, names=schema.names)
