"""Shard sets merge to the same bytes as the single run, or are refused.

Parts have one shard here, so that fewer persons are enough; under SANDBOX_CAMPAIGN=full they have their four.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.errors import ContentError, UsageError
from sandbox.model.population import PopulationRef
from sandbox.population import Pack, ensure, generate, generate_shard, load_pack, merge, read_manifest
from sandbox.population.files import parts

FULL = os.environ.get("SANDBOX_CAMPAIGN") == "full"
REF = PopulationRef(size=250_000 if FULL else 60_000)
"""Enough persons for four parts."""

COUNT = 3

pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module", autouse=True)
def _small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        if not FULL:
            patched.setattr(parts, "SHARDS_PER_PART", 1)
        yield


@pytest.fixture(scope="module")
def whole(zz: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "people"
    generate(zz, REF, out, processes=1)
    return out


@pytest.fixture(scope="module")
def shards(zz: Pack, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("shards")
    for number in range(1, COUNT + 1):
        generate_shard(zz, REF, folder / str(number), number=number, count=COUNT)
    return [folder / str(number) for number in range(1, COUNT + 1)]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_merged_shards_are_the_single_run_byte_for_byte(
    zz: Pack, whole: Path, shards: list[Path], tmp_path: Path
) -> None:
    heard: list[float] = []
    manifest = merge(zz, shards[::-1], tmp_path / "out", progress=heard.append)
    assert contents(tmp_path / "out") == contents(whole)
    assert manifest == read_manifest(whole)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


@pytest.mark.parametrize("processes", [2, 4] if FULL else [4])
def test_processes_make_no_difference(zz: Pack, whole: Path, tmp_path: Path, processes: int) -> None:
    heard: list[float] = []
    generate(zz, REF, tmp_path / "out", processes=processes, progress=heard.append)
    assert contents(tmp_path / "out") == contents(whole)
    assert heard[-1] == 1.0


def test_a_missing_shard_is_named(zz: Pack, shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="of 3 shards these are missing: 2"):
        merge(zz, [shards[0], shards[2]], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_shard_named_twice_is_refused(zz: Pack, shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="shard 2 of 3 was named 2 times"):
        merge(zz, [*shards, shards[1]], tmp_path / "out")


def test_a_shard_of_another_population_is_refused(zz: Pack, shards: list[Path], tmp_path: Path) -> None:
    generate_shard(zz, PopulationRef(size=20, seed=9), tmp_path / "other", number=1, count=1)
    with pytest.raises(UsageError, match="of another population") as refused:
        merge(zz, [*shards[1:], tmp_path / "other"], tmp_path / "out")
    assert "seed 9" in refused.value.hint


def test_no_shards_are_refused(zz: Pack, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no shard"):
        merge(zz, [], tmp_path / "out")


def test_another_version_of_the_pack_is_refused(shards: list[Path], content: Path, tmp_path: Path) -> None:
    sources = content / "datasets/countries/zz/SOURCES.md"
    sources.write_text(sources.read_text(encoding="utf-8") + "\nOnce more.\n", encoding="utf-8")
    with pytest.raises(UsageError, match="another version of pack 'zz'"):
        merge(load_pack(content, "zz"), shards, tmp_path / "out")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


def take_another_shards_file(path: Path) -> None:
    shutil.copy(path.parent.parent / "1" / path.name, path)


@pytest.mark.parametrize(
    ("spoil", "said"), [(truncate, "can't be read"), (take_another_shards_file, "not what was written")]
)
def test_a_damaged_shard_is_refused_with_its_file(
    zz: Pack, shards: list[Path], tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    folder = tmp_path / "shards"
    shutil.copytree(shards[0].parent, folder)
    spoil(folder / "2" / "employment.parquet")
    with pytest.raises(ContentError, match=said) as refused:
        merge(zz, [folder / str(number) for number in (1, 2, 3)], tmp_path / "out")
    assert "employment.parquet" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_shard_is_refused(zz: Pack, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no shard here"):
        merge(zz, [whole], tmp_path / "out")


def test_a_shard_is_not_taken_for_a_population(zz: Pack, shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="one shard of a population"):
        read_manifest(shards[0])
    ref = PopulationRef(size=30)
    folder, _ = ensure(zz, ref, tmp_path)
    shutil.rmtree(folder)
    shutil.copytree(shards[0], folder)
    assert ensure(zz, ref, tmp_path)[1].size == 30


@pytest.mark.parametrize(("number", "count"), [(0, 2), (3, 2), (1, 5), (-1, 1)])
def test_shards_that_can_t_be_are_refused(zz: Pack, tmp_path: Path, number: int, count: int) -> None:
    with pytest.raises(UsageError, match="can't be cut") as refused:
        generate_shard(zz, REF, tmp_path / "out", number=number, count=count)
    assert refused.value.hint == "choose from 1/1 to 4/4"
