"""Writes one register: dirty copies of the tables that its block loads, and apart what is wrong in them.

Reads the clean Parquet in batches and keeps few rows in hand, so memory stays flat. A row
without a line in the truth is the clean row to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.model.dirt import REGISTERS, TRUTH, FaultCount, RegisterDirt
from sandbox.population.dirt.faults import NEIGHBOURHOOD
from sandbox.population.dirt.soiling import TRUTH_SCHEMA, Soil, Table, Tally, soil_batch
from sandbox.population.files.batches import iterate
from sandbox.population.files.digest import TableDigest

ROWS = 16 * NEIGHBOURHOOD
"""Rows in hand at a time."""

_OF_PERSONS = (
    "missing",
    "transliteration",
    "spelling",
    "first_of_january",
    "swapped_day_month",
    "shared_phone",
    "unreported_death",
    "duplicate",
)
TABLES: Mapping[str, tuple[Table, ...]] = {
    "identity": (Table("persons", "person_no", _OF_PERSONS),),
    "digital-registries": (
        Table("persons", "person_no", _OF_PERSONS),
        Table("households", "household_no", ("stale_address",)),
    ),
    "messaging": (Table("persons", "person_no", _OF_PERSONS),),
    "payee-institutions": (Table("accounts", "account_id", ("missing",)),),
}
"""What each register is loaded from that can be wrong."""

Advance = Callable[[int], None]


def write_register(soil: Soil, population: Path, out: Path, advance: Advance) -> RegisterDirt:
    """Write `registers/<block>/*.parquet` and `truth/<block>.parquet` below `out`; `advance` hears of rows.

    A table in which nothing can be wrong at these rates is not copied.
    """
    (out / REGISTERS / soil.register).mkdir(parents=True)
    (out / TRUTH).mkdir(exist_ok=True)
    rows: dict[str, int] = {}
    digests: dict[str, str] = {}
    found: list[FaultCount] = []
    with pq.ParquetWriter(
        out / TRUTH / f"{soil.register}.parquet", TRUTH_SCHEMA, compression="zstd"
    ) as truth:
        for table in TABLES[soil.register]:
            if not any(soil.rates.get(kind) for kind in table.kinds):
                continue
            tally = Tally()
            rows[table.name], digests[table.name] = _write_table(
                soil, table, population, out / REGISTERS / soil.register, truth, tally, advance
            )
            found += _count(soil, table, tally)
    return RegisterDirt(block=soil.register, rows=rows, digests=digests, faults=tuple(found))


def count_work(rates: Mapping[str, Mapping[str, int]], rows: Mapping[str, int]) -> int:
    """Say how many rows all registers will read, for telling how far the work is."""
    return sum(
        rows[table.name]
        for register, own in rates.items()
        for table in TABLES[register]
        if any(own.get(kind) for kind in table.kinds)
    )


def _write_table(
    soil: Soil,
    table: Table,
    population: Path,
    folder: Path,
    truth: pq.ParquetWriter,
    tally: Tally,
    advance: Advance,
) -> tuple[int, str]:
    name = f"{table.name}.parquet"
    with pq.ParquetFile(population / name) as parquet:
        schema = parquet.schema_arrow
        digest, rows = TableDigest(schema), 0
        earlier = pa.RecordBatch.from_pylist([], schema=schema)
        with pq.ParquetWriter(folder / name, schema, compression="zstd") as writer:
            for batch in iterate(parquet, ROWS):
                for dirty, lines in soil_batch(soil, table, batch, earlier, tally):
                    writer.write_batch(dirty)
                    digest.update(dirty)
                    rows += dirty.num_rows
                    truth.write_batch(lines)
                earlier = _last(earlier, batch)
                advance(batch.num_rows)
    return rows, digest.hexdigest()


def _last(earlier: pa.RecordBatch, batch: pa.RecordBatch) -> pa.RecordBatch:
    both = batch if len(batch) >= NEIGHBOURHOOD else pa.concat_batches([earlier, batch])
    return both.slice(max(0, len(both) - NEIGHBOURHOOD))


def _count(soil: Soil, table: Table, tally: Tally) -> list[FaultCount]:
    return [
        FaultCount(
            table=table.name,
            kind=kind,
            per_mille=soil.rates[kind],
            able=tally.able.get(kind, 0),
            planted=tally.planted.get(kind, 0),
        )
        for kind in table.kinds
        if kind in soil.rates
    ]
