"""Employment: where each employed person works, since when and for how much."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.population.engine.days import add_days, day_array, days_between, shift_years
from sandbox.population.engine.firms import (
    ORGANISATIONS_PER_SHARD,
    SECTORS,
    choose_employers,
    found,
    sector_of,
)
from sandbox.population.engine.randomness import below, lower
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import Pool

YOUNGEST = 14
"""Nobody began to work before this birthday."""

_OCCUPATIONS = Pool.of([occupation for sector in SECTORS for occupation in sector.occupations])
_A_SECTOR = len(SECTORS[0].occupations)


def draw_employment(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    people = rows.present
    who = np.flatnonzero(people.employed)
    employer = choose_employers(rows, who)
    rank = employer % ORGANISATIONS_PER_SHARD
    since = np.where(
        employer < ORGANISATIONS_PER_SHARD, found(rows, 0)[rank], found(rows, rows.shard.number)[rank]
    )
    since = np.maximum(since, shift_years(people.birth_date[who], YOUNGEST))
    drawn = rows.per_person("employment")[who]
    started = add_days(since, below(drawn, 2**16) * (days_between(since, rows.reference) + 1) >> 16)
    return assemble(
        "employment",
        employment_no=rows.number[who],
        person_no=rows.number[who],
        organisation_no=employer,
        occupation=_OCCUPATIONS.encode(sector_of(employer) * _A_SECTOR + lower(drawn) % _A_SECTOR),
        started_on=day_array(started),
        monthly_pay=people.monthly_income[who],
    )
