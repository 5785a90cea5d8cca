"""What a column is taken for is found out wherever in the file it begins, and holds from then on."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from sandbox.population import Pack
from sandbox.population.guard.report import MappedColumn
from sandbox.population.guard.searching import Search
from sandbox.population.proof.marks import Marks

WORDS = [f"word {row}" for row in range(30)]
PHONES = [f"030 555 {row:04}" for row in range(30)]


@pytest.fixture
def search(packs: Sequence[Pack]) -> Search:
    return Search(Marks.of(packs))


def count(search: Search, values: Sequence[str], field: str | None) -> int:
    """Search one batch and count the values that are refused for any reason."""
    column = MappedColumn(column="x1", field=field, by="this test")
    found = [each.records for each in search.search(column, pa.array(values, pa.string()))]
    return int(sum(found[1:], start=found[0]).astype(bool).sum())


@pytest.mark.parametrize("field", [None, "other"])
def test_phones_that_begin_far_down_are_found_all_the_same(search: Search, field: str | None) -> None:
    assert count(search, WORDS, field) == 0
    assert count(search, PHONES, field) == len(PHONES)


@pytest.mark.parametrize("field", [None, "other"])
def test_a_column_of_phones_stays_one(search: Search, field: str | None) -> None:
    assert count(search, PHONES, field) == len(PHONES)
    assert count(search, ["030 555 1234", "word", "112"], field) == 1
