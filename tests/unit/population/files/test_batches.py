"""Rows come in their order and in batches, however the file is cut into row groups."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.population.files.batches import iterate


@pytest.mark.parametrize("group", [1, 7, 10, 100])
def test_every_row_comes_once_in_its_order_and_no_batch_is_too_large(tmp_path: Path, group: int) -> None:
    pq.write_table(pa.table({"number": range(25)}), tmp_path / "table.parquet", row_group_size=group)
    with pq.ParquetFile(tmp_path / "table.parquet") as file:
        batches = list(iterate(file, 10))
    assert [row for batch in batches for row in batch.column(0).to_pylist()] == list(range(25))
    assert max(batch.num_rows for batch in batches) <= 10


def test_a_table_without_rows_gives_none(tmp_path: Path) -> None:
    pq.write_table(pa.table({"number": pa.array([], pa.int64())}), tmp_path / "table.parquet")
    with pq.ParquetFile(tmp_path / "table.parquet") as file:
        assert sum(batch.num_rows for batch in iterate(file, 10)) == 0
