"""Extra rows: a person who stands in a register twice, under a new number and another spelling.

The new numbers count down from the top of the pack's number space, so that they follow from
the person's own number and meet nobody's, as long as the space holds twice as many.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.errors import UsageError
from sandbox.population.dirt.recipe import Script
from sandbox.population.dirt.spelling import respell
from sandbox.population.engine.archetypes import Sex
from sandbox.population.engine.identifiers import write_ids
from sandbox.population.engine.randomness import Words
from sandbox.population.engine.text import to_arrow
from sandbox.population.packs.folder import Pack


def check_room(pack: Pack, size: int) -> None:
    """Raise UsageError unless everybody could have a second number of their own."""
    capacity = pack.profile.capacity
    if 2 * size > capacity:
        raise UsageError(
            f"pack {pack.code!r} has {capacity:,} numbers, too few for {size:,} persons and their duplicates",
            hint=f"with dirty registers choose a size from 1 to {capacity // 2}",
        )


def write_duplicates(
    twice: pa.RecordBatch, words: Words, *, pack: Pack, seed: int, scripts: Mapping[str, Script]
) -> pa.RecordBatch:
    """Copy rows of persons under new numbers and ids; everything but the given name's spelling stays."""
    numbers = pack.profile.capacity - 1 - twice.column("person_no").to_numpy()
    ids = write_ids(
        pack.profile.individual_id,
        seed=seed,
        stream="individual-id",
        persons=numbers,
        sex=np.where(
            pc.equal(twice.column("sex"), "male").to_numpy(zero_copy_only=False), Sex.MALE, Sex.FEMALE
        ),
        birth_date=twice.column("birth_date").to_numpy(zero_copy_only=False).astype("datetime64[D]"),
    )
    names = [
        respell(name, int(word), scripts) if name else name
        for name, word in zip(twice.column("given_name").to_pylist(), words, strict=True)
    ]
    new = {
        "person_no": pa.array(numbers),
        "individual_id": to_arrow(ids),
        "given_name": pa.array(names, pa.string()),
    }
    columns = [new.get(field.name, twice.column(field.name)) for field in twice.schema]
    return pa.RecordBatch.from_arrays(columns, schema=twice.schema)
