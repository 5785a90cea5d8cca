from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sandbox.errors import RuntimeFailure, StateConflict, UsageError
from sandbox.model.population import PopulationRef
from sandbox.population import Pack, check_size, generate, read_manifest
from sandbox.population.engine.tables import SCHEMAS
from sandbox.population.proof.classes import REPEATED
from sandbox.population.proof.statement import state_strength
from tests.fakes.generated_population import Generated

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
"""See test_golden.py."""

GENERATE = """
import sys
from pathlib import Path
from sandbox.model.population import PopulationRef
from sandbox.population import generate, load_pack
from sandbox.settings import CONTENT_ROOT
print(generate(load_pack(CONTENT_ROOT, "zz"), PopulationRef(), Path(sys.argv[1])).digest)
"""


def test_the_processor_s_vector_instructions_make_no_difference(tmp_path: Path) -> None:
    """Generate once more with every instruction set switched off that numpy chose for this machine."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    plain = subprocess.run(
        [sys.executable, "-c", GENERATE, str(tmp_path / "out")],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain.stdout.strip() == GOLDEN["zz"]


def test_seed_and_size_change_the_digest(zz: Pack, tmp_path: Path) -> None:
    digests = {
        generate(zz, PopulationRef(size=size, seed=seed), tmp_path / f"{size}-{seed}").digest
        for size in (50, 51)
        for seed in (1, 2)
    }
    assert len(digests) == 4


def test_the_manifest_describes_the_files(population: Generated) -> None:
    manifest = population.manifest
    assert read_manifest(population.folder) == manifest
    assert manifest.reference_date == "2026-01-01"
    assert sorted(path.name for path in population.folder.iterdir()) == sorted(
        ["manifest.json", "SHA256SUMS", *(f"{table}.parquet" for table in SCHEMAS)]
    )
    for table, described in manifest.tables.items():
        path = population.folder / f"{table}.parquet"
        footer = pq.read_metadata(path)
        assert (footer.num_rows, tuple(footer.schema.names)) == (described.rows, described.columns)
        assert path.stat().st_size == described.stored_bytes


def test_the_statement_is_no_stronger_than_the_weakest_field(population: Generated) -> None:
    manifest = population.manifest
    plausible = [
        f"{field.table}.{field.column}" for field in manifest.fields if field.strength == "plausible"
    ]
    assert plausible
    assert "can't be ruled out" in manifest.statement
    for column in plausible:
        named = {column} & set(manifest.statement.replace(",", "").split())
        assert named or {*REPEATED[column]} & set(plausible), column


def test_the_statement_grows_stronger_only_without_weak_fields(zz: Pack) -> None:
    fields = zz.profile.fields
    reserved = [field for field in fields if field.strength == "reserved"]
    assert "reserves for nobody" in state_strength(reserved)
    unallocated = [field for field in fields if field.strength in ("reserved", "unallocated")]
    assert "2026-11-23" in state_strength(unallocated)


@pytest.mark.parametrize("size", [0, -1, 10**12])
def test_a_size_without_unique_numbers_is_refused(pack: Pack, size: int, tmp_path: Path) -> None:
    ref = PopulationRef.model_construct(pack=pack.code, size=size, seed=1)
    with pytest.raises(UsageError, match=str(size)):
        generate(pack, ref, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_largest_size_is_the_narrowest_number_range(pack: Pack) -> None:
    largest = {"zz": 100_000_000, "rw": 10_000_000}[pack.code]
    check_size(pack, largest)
    with pytest.raises(UsageError) as refused:
        check_size(pack, largest + 1)
    assert str(largest) in refused.value.hint


def test_another_pack_s_population_is_refused(zz: Pack, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'rw'"):
        generate(zz, PopulationRef(pack="rw"), tmp_path / "out")


def test_progress_rises_to_the_end(zz: Pack, tmp_path: Path) -> None:
    heard: list[float] = []
    generate(zz, PopulationRef(size=40_000), tmp_path / "out", progress=heard.append)
    assert len(heard) > 1
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_a_taken_folder_is_left_as_it_is(zz: Pack, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StateConflict, match="exists already"):
        generate(zz, PopulationRef(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_interrupt_leaves_nothing(zz: Pack, tmp_path: Path) -> None:
    def interrupt(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(zz, PopulationRef(), tmp_path / "out", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_and_says_how_much_is_needed(zz: Pack, tmp_path: Path) -> None:
    def fill(share: float) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RuntimeFailure, match=r"disk is full.* needs about 3 MiB"):
        generate(zz, PopulationRef(size=40_000), tmp_path / "out", progress=fill)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_no_folder_is_named(zz: Pack, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeFailure, match="file can't be written: "):
        generate(zz, PopulationRef(), tmp_path / "file" / "out")
