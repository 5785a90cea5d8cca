"""Dirty registers reach a sandbox's data on both runtimes; what is wrong in them does not."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.runtimes.docker.volumes import copy_folder
from sandbox.runtimes.local.data import lay_data

WANTED = {"persons.parquet", "manifest.json", "registers/identity/persons.parquet", "wiring.json"}


@pytest.fixture
def population(tmp_path: Path) -> Path:
    folder = tmp_path / "population"
    for name in (*WANTED - {"wiring.json"}, "truth/identity.parquet", "dirt.json", "SHA256SUMS"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_local_links_registers_and_leaves_the_truth(population: Path, tmp_path: Path) -> None:
    laid = lay_data(tmp_path / "data", population, {"wiring.json": b"wiring.json"})
    found = {
        path.relative_to(laid).as_posix(): path.read_text() for path in laid.rglob("*") if path.is_file()
    }
    assert found == {name: name for name in WANTED}


class Keeper:
    """A container that keeps what it is sent."""

    def put_archive(self, target: str, file: io.IOBase) -> bool:
        assert target == "/srv/data"
        with tarfile.open(fileobj=file) as archive:  # type: ignore[arg-type]
            self.found = {each.name: each for each in archive.getmembers()}
        return True


def test_docker_sends_registers_and_leaves_the_truth(population: Path) -> None:
    keeper: Any = Keeper()
    copy_folder(keeper, population, {"wiring.json": b""}, "/srv/data")
    assert {name for name, entry in keeper.found.items() if entry.isfile()} == WANTED
    assert {entry.mode for entry in keeper.found.values()} == {0o444, 0o555}
