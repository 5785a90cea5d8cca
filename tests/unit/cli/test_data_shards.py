"""`sandbox data generate --shards` and `sandbox data merge`, as they are typed."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cli.main import main


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    yield
    signal.signal(signal.SIGTERM, before)


def test_shards_are_written_and_merged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two parts, with fewer persons than two of the usual ones have.
    monkeypatch.setattr("sandbox.population.files.parts.SHARDS_PER_PART", 1)
    generate = ["data", "generate", "--size", "25000"]
    folders = [str(tmp_path / f"shard-{number}") for number in (1, 2)]
    for number, folder in enumerate(folders, start=1):
        assert main([*generate, "--shards", f"{number}/2", "--out", folder]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == folder
    assert main(["data", "merge", *folders, "--out", str(tmp_path / "people"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == 25_000


def test_registers_are_made_when_shards_are_merged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shard, people = str(tmp_path / "shard"), tmp_path / "people"
    assert main(["data", "generate", "--size", "300", "--shards", "1/1", "--out", shard]) == 0
    refused = ["data", "merge", shard, "--dirt", "filthy", "--out", str(people)]
    assert main(refused) == 2
    assert main(["data", "merge", shard, "--dirt", "light", "--out", str(people)]) == 0
    assert "registers (light)" in capsys.readouterr().out
    assert (people / "registers" / "identity" / "persons.parquet").is_file()


@pytest.mark.parametrize(
    ("shards", "said"), [("2", "can't be read"), ("a/b", "can't be read"), ("2/1", "can't be cut")]
)
def test_shards_that_can_t_be_are_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shards: str, said: str
) -> None:
    assert main(["data", "generate", "--shards", shards, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_shard_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "merge", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no shard here" in capsys.readouterr().err
