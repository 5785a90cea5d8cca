"""A population with dirty registers in one folder: kept, whole or not at all, clean citizens untouched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sandbox.errors import ContentError, StateConflict
from sandbox.model.population import PopulationRef
from sandbox.population import ensure, generate_shard
from sandbox.population.dirt import Recipe, ensure_dirty, generate_dirty, merge_dirty
from sandbox.population.dirt.folder import read_dirt
from sandbox.population.packs.folder import Pack

REF = PopulationRef(size=300, dirt="field")


def test_the_second_time_is_not_made_again(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    folder, manifest, dirt = ensure_dirty(zz, recipe, REF, tmp_path)
    heard: list[float] = []
    again = ensure_dirty(zz, recipe, REF, tmp_path, progress=heard.append)
    assert again == (folder, manifest, dirt)
    assert not heard


def test_clean_and_dirty_are_kept_apart(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    folders = {
        ensure_dirty(zz, recipe, PopulationRef.model_validate({"size": 300, "dirt": dirt}), tmp_path)[0]
        for dirt in ("none", "light", "field")
    }
    assert len(folders) == 3
    assert len({(folder / "persons.parquet").read_bytes() for folder in folders}) == 1


def test_progress_only_rises_to_the_end(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    heard: list[float] = []
    generate_dirty(zz, recipe, REF, tmp_path / "out", progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


@pytest.mark.parametrize(
    "spoilt",
    ["truth/identity.parquet", "registers/identity/persons.parquet", "accounts.parquet", "dirt.json"],
)
def test_a_damaged_folder_is_made_again(zz: Pack, recipe: Recipe, tmp_path: Path, spoilt: str) -> None:
    folder, _, dirt = ensure_dirty(zz, recipe, REF, tmp_path)
    (folder / spoilt).unlink()
    (folder / spoilt).write_bytes(b"not what was here")
    again, _, other = ensure_dirty(zz, recipe, REF, tmp_path)
    assert (again, other) == (folder, dirt)
    assert (folder / spoilt).read_bytes() != b"not what was here"


@pytest.mark.parametrize(
    "spoilt", ["truth/identity.parquet", "registers/identity/persons.parquet", "accounts.parquet"]
)
def test_one_byte_that_changed_is_noticed_and_the_folder_made_again(
    zz: Pack, recipe: Recipe, tmp_path: Path, spoilt: str
) -> None:
    folder, _, _ = ensure_dirty(zz, recipe, REF, tmp_path)
    whole = (folder / spoilt).read_bytes()
    with (folder / spoilt).open("r+b") as file:  # in place: clean files are linked, and both are damaged
        file.seek(len(whole) // 2)
        file.write(bytes([whole[len(whole) // 2] ^ 1]))
    ensure_dirty(zz, recipe, REF, tmp_path)
    assert (folder / spoilt).read_bytes() == whole


def test_one_that_is_there_needs_no_clean_population_beside_it_and_counts_as_used(
    zz: Pack, recipe: Recipe, tmp_path: Path
) -> None:
    folder, manifest, dirt = ensure_dirty(zz, recipe, REF, tmp_path)
    clean, _ = ensure(zz, PopulationRef(size=REF.size, seed=REF.seed), tmp_path)
    shutil.rmtree(clean)
    os.utime(folder, (0, 0))
    assert ensure_dirty(zz, recipe, REF, tmp_path) == (folder, manifest, dirt)
    assert not clean.exists()
    assert folder.stat().st_mtime > 0


def test_the_clean_population_keeps_its_own_sums(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    clean, _ = ensure(zz, PopulationRef(size=REF.size, seed=REF.seed), tmp_path)
    before = (clean / "SHA256SUMS").read_bytes()
    folder, _, _ = ensure_dirty(zz, recipe, REF, tmp_path)
    assert (clean / "SHA256SUMS").read_bytes() == before != (folder / "SHA256SUMS").read_bytes()


@pytest.mark.campaign
def test_shards_merged_with_dirt_are_the_single_dirty_run_byte_for_byte(
    zz: Pack, recipe: Recipe, tmp_path: Path
) -> None:
    ref, count = REF, 1
    if os.environ.get("SANDBOX_CAMPAIGN") == "full":
        ref, count = PopulationRef(size=130_000, dirt="field"), 3
    single, dirt = generate_dirty(zz, recipe, ref, tmp_path / "single")
    shards = [tmp_path / f"shard-{number}" for number in range(count)]
    for number, folder in enumerate(shards, start=1):
        generate_shard(zz, ref, folder, number=number, count=count)
    assert merge_dirty(zz, recipe, shards, tmp_path / "merged", dirt="field") == (single, dirt)
    sums = (tmp_path / "single" / "SHA256SUMS").read_text()
    assert "registers/identity/persons.parquet" in sums
    assert (tmp_path / "merged" / "SHA256SUMS").read_text() == sums


def test_shards_merged_without_dirt_have_no_registers(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    generate_shard(zz, REF, tmp_path / "shard", number=1, count=1)
    merge_dirty(zz, recipe, [tmp_path / "shard"], tmp_path / "merged", dirt="none")
    assert not (tmp_path / "merged" / "registers").exists()


def test_an_interrupted_one_leaves_nothing(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    def interrupt(share: float) -> None:
        if share > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_dirty(zz, recipe, REF, tmp_path / "out", progress=interrupt)
    assert not list(tmp_path.iterdir())


def test_a_taken_folder_is_left_as_it_is(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(StateConflict):
        generate_dirty(zz, recipe, REF, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_without_dirt_there_are_no_registers(zz: Pack, recipe: Recipe, tmp_path: Path) -> None:
    _, dirt = generate_dirty(zz, recipe, PopulationRef(size=300), tmp_path / "out")
    assert dirt is None
    assert read_dirt(tmp_path / "out") is None
    assert not (tmp_path / "out/registers").exists()


def test_an_unreadable_account_of_what_was_planted_is_named(tmp_path: Path) -> None:
    (tmp_path / "dirt.json").write_text("{}")
    with pytest.raises(ContentError, match="what was planted"):
        read_dirt(tmp_path)
