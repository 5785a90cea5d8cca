"""The pack's administrative units: the whole list, the same for every size, carried by the first shard."""

from __future__ import annotations

import pyarrow as pa

from sandbox.population.engine.rows import Rows
from sandbox.population.engine.tables.schemas import SCHEMAS


def draw_units(rows: Rows) -> pa.RecordBatch:
    """Give the list with the first shard, and nothing with the others."""
    units = rows.compiled.units if rows.shard.number == 0 else ()
    schema = SCHEMAS["administrative_units"]
    columns = [pa.array([getattr(unit, field.name) for unit in units], type=field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
