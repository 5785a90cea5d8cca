"""A file of a population that was changed, or is gone, is named; what lies beside them is not looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import ContentError
from sandbox.population.files.sums import check_sums, sums_hold, write_sums


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "persons.parquet").write_bytes(b"PAR1 pepole PAR1")
    (tmp_path / "persons.parquet").write_bytes(b"PAR1 people PAR1")
    write_sums(tmp_path)
    return tmp_path


def test_what_is_as_it_was_written_passes(folder: Path) -> None:
    check_sums(folder)
    assert sums_hold(folder)


@pytest.mark.parametrize("name", ["persons.parquet", "registers/persons.parquet"])
def test_one_other_byte_is_told_with_the_file(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"PAR1 peeple PAR1")
    with pytest.raises(ContentError, match=name):
        check_sums(folder)


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    (folder / "persons.parquet").unlink()
    with pytest.raises(ContentError, match=r"persons\.parquet"):
        check_sums(folder)


def test_a_file_of_ones_own_beside_them_makes_no_difference_but_in_the_cache(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    check_sums(folder)
    assert not sums_hold(folder)


def test_sums_that_are_no_text_are_named(folder: Path) -> None:
    (folder / "SHA256SUMS").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ContentError, match="SHA256SUMS"):
        check_sums(folder)


def test_a_population_from_before_there_were_sums_is_read_without(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()
    check_sums(folder)
