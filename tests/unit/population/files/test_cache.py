from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import ContentError, RuntimeFailure, UsageError
from sandbox.model.population import PopulationRef
from sandbox.population import Pack, ensure, read_manifest
from sandbox.population.engine.tables import SCHEMAS

REF = PopulationRef(size=200)

ENSURE = """
import sys
from pathlib import Path
from sandbox.model.population import PopulationRef
from sandbox.population import ensure, load_pack
from sandbox.settings import CONTENT_ROOT
heard = []
pack = load_pack(CONTENT_ROOT, "zz")
print("ready", flush=True)
sys.stdin.readline()
folder, manifest = ensure(pack, PopulationRef(size=200), Path(sys.argv[1]), progress=heard.append)
print(manifest.digest, "generated" if heard else "read")
"""


def generations(pack: Pack, cache: Path, ref: PopulationRef = REF) -> int:
    """Ensure the population and say how often it was generated for that."""
    heard: list[float] = []
    ensure(pack, ref, cache, progress=heard.append)
    return heard.count(1.0)


def test_a_cold_cache_generates_and_a_warm_one_reads(zz: Pack, tmp_path: Path) -> None:
    assert [generations(zz, tmp_path), generations(zz, tmp_path)] == [1, 0]


def test_the_folder_is_named_after_what_the_citizens_follow_from(zz: Pack, tmp_path: Path) -> None:
    folder, manifest = ensure(zz, REF, tmp_path)
    assert folder == tmp_path / f"zz-200-1-{zz.digest[:12]}"
    assert read_manifest(folder) == manifest


@pytest.mark.parametrize("table", ["persons", "households", "accounts"])
def test_a_truncated_file_is_generated_again(zz: Pack, tmp_path: Path, table: str) -> None:
    folder, manifest = ensure(zz, REF, tmp_path)
    path = folder / f"{table}.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    assert generations(zz, tmp_path) == 1
    assert path.stat().st_size == manifest.tables[table].stored_bytes


def test_a_file_that_is_not_parquet_any_more_is_generated_again(zz: Pack, tmp_path: Path) -> None:
    folder, _ = ensure(zz, REF, tmp_path)
    path = folder / "persons.parquet"
    path.write_bytes(b"x" * path.stat().st_size)
    assert generations(zz, tmp_path) == 1


@pytest.mark.parametrize("name", ["persons.parquet", "accounts.parquet", "manifest.json", "SHA256SUMS"])
@pytest.mark.parametrize("where", [0.0, 0.3, 0.7])
def test_one_byte_that_changed_is_noticed_and_the_population_made_again(
    zz: Pack, tmp_path: Path, name: str, where: float
) -> None:
    folder, _ = ensure(zz, REF, tmp_path)
    path = folder / name
    whole = path.read_bytes()
    place = int(len(whole) * where)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    assert generations(zz, tmp_path) == 1
    assert path.read_bytes() == whole


def test_a_population_from_before_there_were_sums_is_made_again(zz: Pack, tmp_path: Path) -> None:
    folder, _ = ensure(zz, REF, tmp_path)
    (folder / "SHA256SUMS").unlink()
    assert generations(zz, tmp_path) == 1


def test_the_sums_are_those_that_sha256sum_reads(zz: Pack, tmp_path: Path) -> None:
    folder, _ = ensure(zz, REF, tmp_path)
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == len(SCHEMAS) + 1
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"pack": "zz"'])
def test_a_damaged_manifest_is_generated_again(zz: Pack, tmp_path: Path, content: bytes | None) -> None:
    folder, manifest = ensure(zz, REF, tmp_path)
    path = folder / "manifest.json"
    path.unlink() if content is None else path.write_bytes(content)
    assert generations(zz, tmp_path) == 1
    assert read_manifest(folder) == manifest


def test_what_a_killed_process_left_is_cleared(zz: Pack, tmp_path: Path) -> None:
    left = tmp_path / f".zz-200-1-{zz.digest[:12]}.abcdef.partial"
    left.mkdir()
    (left / "persons.parquet").write_bytes(b"PAR1")
    ensure(zz, REF, tmp_path)
    assert not left.exists()


def test_processes_at_once_generate_one_population(zz: Pack, tmp_path: Path) -> None:
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ENSURE, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in asking:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in asking:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = sorted(process.communicate()[0].strip() for process in asking)
    digest = ensure(zz, REF, tmp_path)[1].digest
    assert answers == [f"{digest} generated", f"{digest} read", f"{digest} read"]
    assert not list(tmp_path.glob(".*.partial"))


def test_a_refused_size_touches_nothing(zz: Pack, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        ensure(zz, PopulationRef.model_construct(pack="zz", size=10**12, seed=1), tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_can_t_be_made_is_named(zz: Pack, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeFailure, match="can't be written"):
        ensure(zz, REF, tmp_path / "file" / "cache")


def test_a_folder_without_a_population_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no population here"):
        read_manifest(tmp_path)
