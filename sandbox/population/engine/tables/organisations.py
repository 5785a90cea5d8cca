"""Organisations: public bodies, companies, cooperatives and associations, all made up.

The same for every size that reaches their shard; only the director may be past the end.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.engine.archetypes import NOBODY
from sandbox.population.engine.days import day_array
from sandbox.population.engine.firms import (
    ORGANISATIONS_PER_SHARD,
    SECTORS,
    found,
    organisations_of,
    sector_of,
)
from sandbox.population.engine.people import ADULT
from sandbox.population.engine.randomness import below, words
from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import assemble
from sandbox.population.engine.text import Number, Pool, join, to_arrow

_WORDS, _KINDS, _SLUGS = (
    Pool.of([getattr(each, name) for each in SECTORS]) for name in ("word", "kind", "slug")
)
_SPACE = pa.scalar(" ")


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
    words_ = _WORDS.take(sector)
    districts = compiled.districts.take(place)
    label = pa.array(number).cast(pa.string())
    return assemble(
        "organisations",
        organisation_no=number,
        registration_number=to_arrow(join(count, "REG-", Number(number, 8))),
        name=pc.binary_join_element_wise(districts, words_, label, _SPACE),
        kind=_KINDS.encode(sector),
        sector=_SLUGS.encode(sector),
        unit_no=compiled.unit_no[place],
        district=compiled.districts.encode(place),
        founded_on=day_array(found(rows, rows.shard.number)),
        director_no=rows.refer(director),
        # Every number that is nobody's belongs to a citizen already.
        phone=pa.nulls(count, pa.string()),
        email=to_arrow(join(count, "office-", Number(number, 8), f"@{compiled.profile.email_domain}")),
    )
