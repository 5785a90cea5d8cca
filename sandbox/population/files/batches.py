"""Rows of a Parquet file in batches, with as much memory for a large file as for a small one."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq


def iterate(file: pq.ParquetFile, rows: int) -> Iterator[pa.RecordBatch]:
    """Give the rows in their order, so many at a time; raises what Arrow raises for damage.

    Row group by row group: Arrow's reader of a whole file keeps more of it the further it gets
    (3 million persons: 287 MB in the end instead of 170).
    """
    for group in range(file.metadata.num_row_groups):
        yield from file.iter_batches(batch_size=rows, row_groups=[group])
