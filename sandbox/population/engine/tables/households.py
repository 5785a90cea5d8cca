"""Households, and the address of each; figures of a household are counted over its persons."""

from __future__ import annotations

from string import Formatter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.engine.people import ADULT, ELDERLY
from sandbox.population.engine.randomness import Flags, Integers, below
from sandbox.population.engine.rows import Rows, encode
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import join, to_arrow, write_number

HIGHEST_HOUSE_NUMBER = 199


def draw_households(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    compiled, people, kept, present = rows.compiled, rows.people, rows.kept, rows.households
    household, age = people.household[:kept], people.age[:kept]
    number = np.arange(present, dtype=np.int64) + rows.shard.first_household

    def count(flags: Flags) -> Integers:
        return np.bincount(household[flags], minlength=present)

    # Sums of pay stay far below 2^53, where bincount's floating point is exact.
    income = np.bincount(household, weights=people.monthly_income[:kept], minlength=present)
    place = rows.place[:present]
    return assemble(
        "households",
        household_no=number,
        household_id=to_arrow(join(present, "HH-", write_number(number, 9))),
        head_no=rows.heads + rows.shard.first_person,
        size=np.bincount(household, minlength=present),
        region=encode(place, compiled.regions),
        district=encode(place, compiled.districts),
        settlement=encode(place, compiled.settlements),
        address=_write_addresses(rows),
        urban=compiled.urban.take(pa.array(place)),
        children_under_5=count(age < 5),
        children_under_18=count(age < ADULT),
        elderly=count(age >= ELDERLY),
        disabled=count(people.disability[:kept]),
        employed_adults=count(people.employed[:kept] & (age >= ADULT)),
        monthly_income=income.astype(np.int64),
        unit_no=rows.unit_no[:present],
    )


def draw_addresses(rows: Rows) -> pa.RecordBatch:
    """Draw the table of addresses, one for each household."""
    number = np.arange(rows.households, dtype=np.int64) + rows.shard.first_household
    columns = _address_columns(rows)
    streets = "{street}" in rows.compiled.profile.address
    return assemble(
        "addresses",
        address_no=number,
        household_no=number,
        unit_no=rows.unit_no[: rows.households],
        street=columns["street"] if streets else pa.nulls(rows.households, pa.string()),
        house=columns["house"],
        line=_write_addresses(rows),
    )


def _address_columns(rows: Rows) -> dict[str, pa.Array]:
    compiled, source, present = rows.compiled, rows.source, rows.households
    house = below(source.per_household("house"), HIGHEST_HOUSE_NUMBER)[:present] + 1
    street = below(source.per_household("street"), len(compiled.streets))[:present]
    return {
        "house": pa.array(house).cast(pa.string()),
        "street": compiled.streets.take(pa.array(street)),
        "settlement": compiled.settlements.take(pa.array(rows.place[:present])),
    }


def _write_addresses(rows: Rows) -> pa.Array:
    """Fill the pack's pattern column by column."""
    columns = _address_columns(rows)
    pieces: list[Any] = []
    for literal, field, _, _ in Formatter().parse(rows.compiled.profile.address):
        pieces += [literal] if field is None else [literal, columns[field]]
    return pc.binary_join_element_wise(*pieces, "")
