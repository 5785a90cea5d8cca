"""A population in parts of four shards: drawn anywhere, digested alone, one Parquet row group each.

A part is what one worker draws at a time and what memory holds at a time, whatever the size of
the population. Its digests are joined in order, so that parts drawn on other machines add up to
the digest of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import pyarrow as pa

from sandbox.population.engine.compiled import CompiledPack
from sandbox.population.engine.people import Shard, count_persons
from sandbox.population.engine.tables import SCHEMAS, draw_tables
from sandbox.population.files.digest import TableDigest

SHARDS_PER_PART = 4


@dataclass(frozen=True, slots=True)
class Part:
    """Shards that are drawn and written together."""

    shards: tuple[Shard, ...]


@dataclass(frozen=True, slots=True)
class DrawnPart:
    """The rows of a part, and a digest for each table that has any."""

    tables: Mapping[str, pa.Table]
    digests: Mapping[str, str]


def plan_shards(compiled: CompiledPack, seed: int, size: int) -> Iterator[Shard]:
    """Number the shards that hold the first `size` persons, and say where each begins.

    With its plan entry every shard can be generated alone, on any machine, in any order.
    """
    number, first_person = 0, 0
    while first_person < size:
        yield Shard(number, first_person)
        first_person += count_persons(compiled, seed, number)
        number += 1


def plan_parts(compiled: CompiledPack, seed: int, size: int) -> Sequence[Part]:
    """Put the population's shards together in parts, in order."""
    shards = tuple(plan_shards(compiled, seed, size))
    return [Part(shards[at : at + SHARDS_PER_PART]) for at in range(0, len(shards), SHARDS_PER_PART)]


def draw_part(
    compiled: CompiledPack, seed: int, size: int, part: Part, *, heard: Callable[[], None] | None = None
) -> DrawnPart:
    """Draw every table of a part; `heard` is called after each shard."""
    drawn = []
    for shard in part.shards:
        drawn.append(draw_tables(compiled, seed, shard, size=size))
        if heard is not None:
            heard()
    tables = {
        table: pa.Table.from_batches([batches[table] for batches in drawn]).combine_chunks()
        for table in SCHEMAS
    }
    return DrawnPart(tables, {table: digest_part(table, rows) for table, rows in tables.items()})


def digest_part(table: str, rows: pa.Table) -> str:
    """Digest the rows of one part, however they are cut and encoded."""
    total = TableDigest(SCHEMAS[table])
    for batch in rows.to_batches():
        total.update(batch)
    return total.hexdigest()


def join_digests(parts: Sequence[str]) -> str:
    """Join the digests of a table's parts, in order, into the table's."""
    return sha256("\n".join(parts).encode()).hexdigest()
