"""Organisations: public bodies, companies, cooperatives and associations, all made up.

The same for every size that reaches their shard; only the director may be past the end.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.engine.archetypes import NOBODY
from sandbox.population.engine.firms import (
    ORGANISATIONS_PER_SHARD,
    SECTORS,
    found,
    organisations_of,
    sector_of,
)
from sandbox.population.engine.people import ADULT
from sandbox.population.engine.randomness import below, words
from sandbox.population.engine.rows import Rows, day_array, encode
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import join, to_arrow, write_number


def draw_organisations(rows: Rows) -> pa.RecordBatch:
    """Draw the table."""
    compiled, count = rows.compiled, ORGANISATIONS_PER_SHARD
    number = organisations_of(rows.shard.number)
    sector = sector_of(number)
    first = int(number[0])
    place = compiled.place.draw(words(rows.source.seed, "organisation-place", first, first + count))
    adults = np.flatnonzero((rows.people.age >= ADULT) & (rows.people.age < 75))
    chosen = below(words(rows.source.seed, "organisation-director", first, first + count), len(adults) or 1)
    director = adults[chosen] if len(adults) else np.full(count, NOBODY)
    words_ = pa.array([each.word for each in SECTORS]).take(pa.array(sector))
    districts = compiled.districts.take(pa.array(place))
    label = pa.array(number).cast(pa.string())
    return assemble(
        "organisations",
        organisation_no=number,
        registration_number=to_arrow(join(count, "REG-", write_number(number, 8))),
        name=pc.binary_join_element_wise(districts, words_, label, " "),
        kind=encode(sector, pa.array([each.kind for each in SECTORS])),
        sector=encode(sector, pa.array([each.slug for each in SECTORS])),
        unit_no=compiled.unit_no[place],
        district=encode(place, compiled.districts),
        founded_on=day_array(found(rows, rows.shard.number)),
        director_no=rows.refer(director),
        # Every number that is nobody's belongs to a citizen already.
        phone=pa.nulls(count, pa.string()),
        email=to_arrow(join(count, "office-", write_number(number, 8), f"@{compiled.profile.email_domain}")),
    )
