"""Keys of loaded databases: the same for the same contents, another for anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.model.population import SUMS
from sandbox.seeding.keys import key_of_database, key_of_population


@pytest.fixture
def population(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "persons.parquet").write_bytes(b"PAR1 people PAR1")
    return tmp_path


def test_the_same_files_have_the_same_key_wherever_they_lie(population: Path, tmp_path: Path) -> None:
    before = key_of_population(population)
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in [each for each in population.iterdir() if each.is_file()]:
        (copy / path.name).write_bytes(path.read_bytes())
    assert key_of_population(copy) == before


def test_one_other_byte_in_a_file_of_the_same_length_is_another_key(population: Path) -> None:
    before = key_of_population(population)
    (population / "persons.parquet").write_bytes(b"PAR1 peoplf PAR1")
    assert key_of_population(population) != before


def test_a_register_of_a_blocks_own_is_another_key(population: Path) -> None:
    before = key_of_population(population)
    (population / "registers" / "identity").mkdir(parents=True)
    (population / "registers" / "identity" / "persons.parquet").write_bytes(b"PAR1 pepole PAR1")
    assert key_of_population(population) != before


def test_sums_that_were_held_against_the_files_are_not_computed_again(population: Path) -> None:
    (population / SUMS).write_text("00  persons.parquet\n")
    before = key_of_population(population)
    (population / "persons.parquet").unlink()
    assert key_of_population(population) == before
    (population / SUMS).write_text("01  persons.parquet\n")
    assert key_of_population(population) != before


def test_an_edited_loader_or_statement_is_another_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "a_block_of_this_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "seed.py").write_text("def load(connection, data, *, role): ...\n")
    (package / "schema.sql").write_text("CREATE TABLE one ();\n")
    monkeypatch.syspath_prepend(tmp_path)
    loader = "a_block_of_this_test.seed"
    before = key_of_database("p", loader)
    assert key_of_database("p", loader) == before
    (package / "schema.sql").write_text("CREATE TABLE two ();\n")
    after = key_of_database("p", loader)
    assert after != before
    (package / "seed.py").write_text("def load(connection, data, *, role): return None\n")
    assert key_of_database("p", loader) not in (before, after)


def test_each_population_and_each_block_has_keys_of_its_own() -> None:
    loaders = ("blocks.identity.seed", "blocks.payments.seed")
    assert len({key_of_database(each, loader) for each in "pq" for loader in loaders}) == 4
