"""A block is loaded from its own register where it has one, and from the clean population else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.seeding.registers import as_register


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in (
        "persons.parquet",
        "households.parquet",
        "manifest.json",
        "registers/identity/persons.parquet",
    ):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "data"


def test_its_own_tables_stand_in_place_of_the_clean_ones(data: Path) -> None:
    with as_register(data, "identity") as seen:
        assert {path.name: path.read_text() for path in seen.iterdir()} == {
            "persons.parquet": "registers/identity/persons.parquet",
            "households.parquet": "households.parquet",
            "manifest.json": "manifest.json",
        }
    assert not seen.exists()
    assert (data / "persons.parquet").read_text() == "persons.parquet"


def test_a_block_without_a_register_gets_the_population_itself(data: Path) -> None:
    with as_register(data, "payments") as seen:
        assert seen == data
