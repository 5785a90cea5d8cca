"""Households, and the address of each; figures of a household are counted over its persons."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.people import ADULT, ELDERLY
from sandbox.population.engine.randomness import Flags, Integers
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import Number, join, to_arrow


def draw_households(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    compiled, people, present = rows.compiled, rows.present, rows.households
    household, age = people.household, people.age
    number = np.arange(present, dtype=np.int64) + rows.shard.first_household

    def count(flags: Flags) -> Integers:
        return np.bincount(household[flags], minlength=present)

    # Sums of pay stay far below 2^53, where bincount's floating point is exact.
    income = np.bincount(household, weights=people.monthly_income, minlength=present)
    place = rows.place[:present]
    return assemble(
        "households",
        household_no=number,
        household_id=to_arrow(join(present, "HH-", Number(number, 9))),
        head_no=rows.heads + rows.shard.first_person,
        size=np.bincount(household, minlength=present),
        region=compiled.regions.encode(place),
        district=compiled.districts.encode(place),
        settlement=compiled.settlements.encode(place),
        address=rows.addresses.line,
        urban=compiled.urban.take(pa.array(place)),
        children_under_5=count(age < 5),
        children_under_18=count(age < ADULT),
        elderly=count(age >= ELDERLY),
        disabled=count(people.disability),
        employed_adults=count(people.employed & (age >= ADULT)),
        monthly_income=income.astype(np.int64),
        unit_no=rows.unit_no[:present],
    )


def draw_addresses(rows: Rows) -> pa.RecordBatch:
    """Draw the table of addresses, one for each household."""
    number = np.arange(rows.households, dtype=np.int64) + rows.shard.first_household
    addresses = rows.addresses
    return assemble(
        "addresses",
        address_no=number,
        household_no=number,
        unit_no=rows.unit_no[: rows.households],
        street=addresses.street,
        house=addresses.house,
        line=rows.addresses.line,
    )
