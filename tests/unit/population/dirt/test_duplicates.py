"""Second numbers are new, by the pack's own recipe, and there is room for them or nothing is made."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from stdnum.ee import ik

from sandbox.errors import UsageError
from sandbox.model.population import PopulationRef
from sandbox.population import list_packs
from sandbox.population.dirt import Recipe, ensure_dirty, generate_dirty
from sandbox.population.dirt.duplicates import write_second_ids
from sandbox.population.packs.folder import Pack
from sandbox.settings import CONTENT_ROOT

PACKS = {pack.code: pack for pack in list_packs(CONTENT_ROOT)}


@pytest.mark.parametrize("code", sorted(PACKS))
def test_a_second_number_is_nobodys_in_any_pack(code: str, recipe: Recipe, tmp_path: Path) -> None:
    generate_dirty(PACKS[code], recipe, PopulationRef(pack=code, size=4_500, dirt="field"), tmp_path / "out")
    citizens = pq.read_table(tmp_path / "out/persons.parquet").column("individual_id").to_pylist()
    held = pq.read_table(tmp_path / "out/registers/digital-registries/persons.parquet")
    ids = held.column("individual_id").to_pylist()
    lines = pq.read_table(tmp_path / "out/truth/digital-registries.parquet").to_pylist()
    extra = {line["row"] for line in lines if line["kind"] == "duplicate"}
    new = {
        id_ for id_, number in zip(ids, held.column("person_no").to_pylist(), strict=True) if number in extra
    }
    assert len(set(ids)) == len(ids)
    assert len(new) == len(extra) > 30
    assert not new & set(citizens)
    assert {len(id_) for id_ in new} == {len(citizens[0])}
    if code == "ee":
        assert all(ik.calc_check_digit(id_) == id_[-1] for id_ in new)


def test_a_size_without_room_for_duplicates_is_refused_before_work_starts(
    zz: Pack, recipe: Recipe, tmp_path: Path
) -> None:
    ref = PopulationRef(size=60_000_000, dirt="light")
    for make in (generate_dirty, ensure_dirty):
        with pytest.raises(UsageError, match="too few for 60,000,000 persons") as raised:
            make(zz, recipe, ref, tmp_path / "out")
        assert "from 1 to 50000000" in raised.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "code", sorted(code for code in PACKS if not PACKS[code].profile.individual_id.birth_serial)
)
def test_second_numbers_come_from_the_bijection_that_made_the_first(
    code: str, recipe: Recipe, tmp_path: Path
) -> None:
    """Else they would meet somebody's, only too seldom for a test to see it."""
    pack = PACKS[code]
    generate_dirty(pack, recipe, PopulationRef(pack=code, size=300), tmp_path / "out")
    (rows,) = pq.read_table(tmp_path / "out/persons.parquet").combine_chunks().to_batches()
    rows = rows.filter(rows.column("persona").is_null())
    again = write_second_ids(
        pack,
        rows,
        rows.column("person_no").to_numpy(),
        seed=1,
        sex=rows.column("sex"),
        birth_date=rows.column("birth_date").to_numpy(zero_copy_only=False).astype("datetime64[D]"),
    )
    assert again.equals(rows.column("individual_id"))
