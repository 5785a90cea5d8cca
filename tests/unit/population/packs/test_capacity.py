"""No two ids are alike up to the number of persons that a pack says it can tell apart."""

from __future__ import annotations

import os

import numpy as np
import pytest

from sandbox.population.engine.identifiers import write_ids
from sandbox.population.engine.people import draw_people
from sandbox.population.files.parts import plan_shards
from tests.fakes.drawn_packs import CODES, draw

FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
SEED = 11
DATED = [code for code in CODES if draw(code).pack.profile.individual_id.birth_serial is not None]


@pytest.mark.campaign
@pytest.mark.parametrize("code", DATED)
def test_ids_counted_within_dates_stay_unique_up_to_the_pack_s_capacity(code: str) -> None:
    compiled, recipe = draw(code).compiled, draw(code).pack.profile.individual_id
    size = draw(code).pack.capacity if FULL else 40_000
    drawn, last = [], 0
    for shard in plan_shards(compiled, SEED, size):
        people, source = draw_people(compiled, SEED, shard)
        written = write_ids(
            recipe,
            seed=SEED,
            stream="individual-id",
            persons=np.arange(source.persons, dtype=np.int64) + shard.first_person,
            sex=people.sex,
            birth_date=people.birth_date,
            households=people.household + shard.first_household,
        )
        powers = 10 ** np.arange(written.shape[1], dtype=np.int64)[::-1]
        drawn.append(((written - ord("0")).astype(np.int64) * powers).sum(axis=1))
        last = shard.number
    numbers = np.concatenate(drawn)
    assert len(numbers) >= size
    assert len(np.unique(numbers)) == len(numbers)
    assert last < recipe.windows
