"""Dead husbands and wives who are still listed, because nobody told the register.

They are the late spouses of the population's civil events; no table of citizens has them. Each
is listed in the household of the person they left behind, under the second number of that
person; whoever is widowed is listed twice in no register.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sandbox.population.dirt.duplicates import write_second_ids
from sandbox.population.engine.randomness import Flags, Integers
from sandbox.population.packs.folder import Pack

_COLUMNS = ["partner_no", "subject_name", "subject_birth_date", "event_date"]


@dataclass(frozen=True, slots=True)
class LateSpouses:
    """Everybody's late husband or wife, in order of the person left behind."""

    left_behind: Integers
    events: pa.Table

    def of(self, numbers: Integers) -> tuple[Flags, Integers]:
        """Say which of these persons lost a spouse, and where that event stands."""
        if not len(self.left_behind):
            return np.zeros(len(numbers), dtype=np.bool_), np.zeros(len(numbers), dtype=np.int64)
        place = np.searchsorted(self.left_behind, numbers).clip(max=len(self.left_behind) - 1)
        return self.left_behind[place] == numbers, place


def read_late_spouses(population: Path) -> LateSpouses:
    """Read the deaths of people who are not in the population."""
    path = population / "civil_events.parquet"
    of_others = (pc.field("kind") == "death") & pc.field("person_no").is_null()
    events = pq.read_table(path, columns=_COLUMNS, filters=of_others & pc.field("partner_no").is_valid())
    events = events.sort_by("partner_no").combine_chunks()
    return LateSpouses(events.column("partner_no").to_numpy(), events)


def list_the_dead(
    left_behind: pa.RecordBatch, events: pa.Table, *, pack: Pack, seed: int
) -> tuple[pa.RecordBatch, pa.Array]:
    """Write a row for each late spouse as if they lived, and give the days on which they died.

    Where a pack counts ids within dates of birth, the id has the date of the person left behind.
    """
    events = events.combine_chunks()
    born = events.column("subject_birth_date").combine_chunks()
    numbers = pack.profile.capacity - 1 - left_behind.column("person_no").to_numpy()
    female = pc.equal(left_behind.column("sex"), "male")
    sex = pc.if_else(female, "female", "male")
    given, family = _split(events.column("subject_name").to_pylist(), left_behind.column("family_name"))
    new: Mapping[str, pa.Array] = {
        "person_no": pa.array(numbers),
        "role": pa.repeat("spouse", len(born)),
        "individual_id": write_second_ids(
            pack, left_behind, numbers, seed=seed, sex=sex, birth_date=_days(born)
        ),
        "given_name": given,
        "family_name": family,
        "given_name_latin": given,
        "family_name_latin": family,
        "sex": sex,
        "birth_date": born,
        "spouse_no": left_behind.column("person_no"),
        "employed": pa.repeat(False, len(born)),
        "monthly_income": pa.repeat(pa.scalar(0, pa.int64()), len(born)),
    }
    unknown = {"mother_no", "father_no", "phone", "email", "other_names", "other_names_latin", "birth_name"}
    columns = [
        pa.nulls(len(born), field.type)
        if field.name in unknown
        else new.get(field.name, left_behind.column(field.name))
        for field in left_behind.schema
    ]
    rows = pa.RecordBatch.from_arrays(columns, schema=left_behind.schema)
    return rows, events.column("event_date").combine_chunks()


def _split(names: list[str], families: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Take the last word for the family name, where the person left behind has one."""
    given, family = [], []
    for name, other in zip(names, families.to_pylist(), strict=True):
        first, space, last = name.rpartition(" ") if other is not None else (name, " ", None)
        given.append(first if space else last)
        family.append(last if space else None)
    return pa.array(given, pa.string()), pa.array(family, pa.string())


def _days(dates: pa.Array) -> NDArray[np.datetime64]:
    found: NDArray[np.datetime64] = dates.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return found
