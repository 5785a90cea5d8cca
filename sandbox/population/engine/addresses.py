"""Where households live within their settlement, written by the pack's pattern."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.engine.people import Source
from sandbox.population.engine.randomness import Integers, below

HIGHEST_HOUSE_NUMBER = 199

_HOUSES = pa.array([str(number) for number in range(1, HIGHEST_HOUSE_NUMBER + 1)])
_NOTHING = pa.scalar("")


@dataclass(frozen=True, slots=True, eq=False)
class Addresses:
    """One entry for each household."""

    house: pa.StringArray
    street: pa.StringArray
    """Null where the pack's pattern has no streets."""
    line: pa.StringArray


def draw_addresses(compiled: CompiledPack, source: Source, place: Integers) -> Addresses:
    """Draw the addresses of the first households, which live in these settlements."""
    count = len(place)
    columns = {
        "house": _HOUSES.take(pa.array(below(source.per_household("house"), HIGHEST_HOUSE_NUMBER)[:count])),
        "settlement": compiled.settlements.take(place),
        "street": pa.nulls(count, pa.string()),
    }
    pattern = compiled.profile.address
    if "{street}" in pattern:
        street = below(source.per_household("street"), len(compiled.streets.texts))[:count]
        columns["street"] = compiled.streets.take(street)
    pieces: list[Any] = []
    for literal, field, _, _ in Formatter().parse(pattern):
        pieces += [pa.scalar(literal)] if field is None else [pa.scalar(literal), columns[field]]
    return Addresses(
        house=columns["house"],
        street=columns["street"],
        line=pc.binary_join_element_wise(*pieces, _NOTHING),
    )
