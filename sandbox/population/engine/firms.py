"""Organisations by position, so that any shard knows its own and the first shard's without drawing them.

Every shard has ORGANISATIONS_PER_SHARD of them. The smaller its rank, the more people work at
one (Zipf's law). Those of the first shard employ people of every shard, as large firms do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.population.engine.days import Days, add_days
from sandbox.population.engine.personas import SEED as PERSONA_SEED
from sandbox.population.engine.randomness import AliasTable, Integers, below, words
from sandbox.population.engine.rows import Rows

ORGANISATIONS_PER_SHARD = 100

OLDEST_YEARS = 40
NATIONAL = 250
"""Of a thousand employed persons, how many work at an organisation of the first shard."""


@dataclass(frozen=True, slots=True)
class Sector:
    """What an organisation does, who runs it, and what people are there."""

    slug: str
    word: str
    kind: str
    occupations: tuple[str, ...]


SECTORS = (
    Sector(
        "public-administration", "District Office", "public", ("clerk", "case worker", "inspector", "driver")
    ),
    Sector("education", "School", "public", ("teacher", "head teacher", "caretaker", "cook")),
    Sector("health", "Clinic", "public", ("nurse", "midwife", "doctor", "laboratory technician")),
    Sector(
        "agriculture", "Cooperative", "cooperative", ("farm worker", "agronomist", "driver", "bookkeeper")
    ),
    Sector("retail", "Trading", "company", ("shop assistant", "cashier", "buyer", "storekeeper")),
    Sector("construction", "Builders", "company", ("mason", "carpenter", "site manager", "labourer")),
    Sector("transport", "Transport", "company", ("driver", "mechanic", "dispatcher", "loader")),
    Sector(
        "electrical-equipment",
        "Electrical Works",
        "company",
        ("assembler", "technician", "engineer", "packer"),
    ),
    Sector("hospitality", "Guest House", "company", ("cook", "waiter", "cleaner", "receptionist")),
    Sector("community", "Association", "association", ("organiser", "bookkeeper", "counsellor", "cleaner")),
)
"""The organisation of rank r in its shard belongs to sector r mod 10: every shard has all of them."""

ELECTRICAL = next(place for place, sector in enumerate(SECTORS) if sector.slug == "electrical-equipment")


def rank_table() -> AliasTable:
    """Weigh the organisation of rank r with 1 / (r + 2)."""
    return AliasTable.from_weights(1.0 / (np.arange(ORGANISATIONS_PER_SHARD, dtype=np.float64) + 2))


_RANKS = rank_table()


def organisations_of(shard_number: int) -> Integers:
    """Give the numbers of a shard's organisations."""
    return np.arange(ORGANISATIONS_PER_SHARD, dtype=np.int64) + shard_number * ORGANISATIONS_PER_SHARD


def sector_of(organisation: Integers) -> Integers:
    """Give the index of each one's sector."""
    return organisation % ORGANISATIONS_PER_SHARD % len(SECTORS)


def found(rows: Rows, shard_number: int) -> Days:
    """Say when the organisations of a shard were founded: at least a year before the reference date."""
    first = shard_number * ORGANISATIONS_PER_SHARD
    # Personas work in the first shard, and what is known of them doesn't depend on the seed.
    seed = rows.source.seed if shard_number else PERSONA_SEED
    drawn = words(seed, "organisation-founded", first, first + ORGANISATIONS_PER_SHARD)
    return add_days(rows.reference, -365 - below(drawn, OLDEST_YEARS * 365))


def choose_employers(rows: Rows, who: Integers) -> Integers:
    """Give the organisation at which each of these persons works."""
    drawn = rows.per_person("employer")[who]
    rank = _RANKS.draw(drawn)
    national = below(rows.per_person("employer-national")[who], 1000) < NATIONAL
    return np.where(national, 0, rows.shard.number * ORGANISATIONS_PER_SHARD) + rank
