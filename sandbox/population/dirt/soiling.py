"""One batch of clean rows to the same rows of one register, with a line of truth for everything wrong.

The order is fixed: rows go missing first and have no other fault; then cells change, each kind
seeing what the ones before it wrote; duplicates are copied from the clean row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.dirt import faults
from sandbox.population.dirt.deaths import LateSpouses, list_the_dead
from sandbox.population.dirt.duplicates import write_duplicates
from sandbox.population.dirt.faults import Change, Dice, Fault
from sandbox.population.dirt.recipe import Script
from sandbox.population.engine.randomness import Flags
from sandbox.population.packs.folder import Pack

_EXTRA = ("duplicate", "unreported_death")
"""Kinds that add rows."""

TRUTH_SCHEMA = pa.schema(
    {
        "table": pa.string(),
        "row": pa.int64(),
        "of": pa.int64(),
        "kind": pa.string(),
        "column": pa.string(),
        "true_value": pa.string(),
        "registered_value": pa.string(),
    }
)
"""`row` is a number in the register, `of` the population's row it is about; they differ for duplicates.

Nobody of the population is meant by a row of somebody dead; its `of` is null.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a register: the column that numbers its rows, and the faults that it can have, in order."""

    name: str
    number: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Soil:
    """How dirty, and from what everything else follows."""

    register: str
    rates: Mapping[str, int]
    scripts: Mapping[str, Script]
    pack: Pack
    seed: int
    reference: date
    late: LateSpouses | None = None
    """Who can be listed after their death; None where no table says."""


@dataclass(slots=True)
class Tally:
    """Rows that can have each kind of fault, and rows that have it, so far."""

    able: dict[str, int] = field(default_factory=dict)
    planted: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, able: Flags, hit: Flags) -> None:
        """Count the next rows."""
        self.able[kind] = self.able.get(kind, 0) + int(np.count_nonzero(able))
        self.planted[kind] = self.planted.get(kind, 0) + int(np.count_nonzero(hit))


def soil_batch(
    soil: Soil, table: Table, batch: pa.RecordBatch, earlier: pa.RecordBatch, tally: Tally
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Give the register's rows with their lines of truth, then its extra rows with theirs.

    `earlier` holds the clean rows just before the batch, up to faults.NEIGHBOURHOOD of them.
    """
    numbers = batch.column(table.number)
    dice = Dice(soil.seed, soil.register, numbers.to_numpy())
    wanted = [kind for kind in table.kinds if soil.rates.get(kind)]
    touchable = _not_personas(batch)
    gone = np.zeros(len(batch), dtype=np.bool_)
    if "missing" in wanted:
        gone = dice.hits("missing", touchable, soil.rates["missing"])
        tally.add("missing", touchable, gone)
    present = touchable & ~gone
    latin = np.zeros(len(batch), dtype=np.bool_)
    dirty, lines = batch, [_note(table.name, numbers.filter(pa.array(gone)), "missing")]
    for kind in wanted:
        if kind in ("missing", *_EXTRA):
            continue
        # A name that was put into Latin letters is not misspelt, too: its true form would be lost.
        fault = _run(kind, soil, dirty, earlier, dice, present & ~latin if kind == "spelling" else present)
        tally.add(kind, fault.able, fault.hit)
        if kind == "transliteration":
            latin = fault.hit
        for change in fault.changes:
            lines.append(_note_change(table, kind, dirty, change))
            dirty = _replace(dirty, change)
    yield dirty.filter(pa.array(~gone)), _stack(lines)
    widowed = np.zeros(len(batch), dtype=np.bool_)
    if "unreported_death" in wanted and soil.late is not None:
        widowed, where = soil.late.of(dice.numbers)
        able = present & widowed
        hit = dice.hits("unreported_death", able, soil.rates["unreported_death"])
        tally.add("unreported_death", able, hit)
        events = soil.late.events.take(pa.array(where[hit]))
        dead, died = list_the_dead(batch.filter(pa.array(hit)), events, pack=soil.pack, seed=soil.seed)
        nobody = pa.nulls(len(dead), pa.int64())
        unknown = pa.nulls(len(dead), pa.string())
        yield (
            dead,
            _note(
                table.name,
                dead.column(table.number),
                "unreported_death",
                of=nobody,
                column="death_date",
                true=died,
                wrong=unknown,
            ),
        )
    if "duplicate" in wanted:
        # In every register a second number is one person's: of somebody widowed it is the late spouse's.
        able = present & ~widowed
        hit = dice.hits("duplicate", able, soil.rates["duplicate"])
        tally.add("duplicate", able, hit)
        twice = batch.filter(pa.array(hit))
        extra = write_duplicates(
            twice, dice.words("duplicate-how")[hit], pack=soil.pack, seed=soil.seed, scripts=soil.scripts
        )
        yield extra, _note(table.name, extra.column(table.number), "duplicate", of=twice.column(table.number))


def _run(
    kind: str, soil: Soil, rows: pa.RecordBatch, earlier: pa.RecordBatch, dice: Dice, present: Flags
) -> Fault:
    rate = soil.rates[kind]
    match kind:
        case "transliteration":
            return faults.transliterate(rows, dice, present, rate)
        case "spelling":
            return faults.misspell(rows, dice, present, rate, soil.scripts)
        case "first_of_january":
            return faults.move_to_first_of_january(rows, dice, present, rate)
        case "swapped_day_month":
            return faults.swap_day_and_month(rows, dice, present, rate, soil.reference)
        case "shared_phone":
            return faults.share_phone(rows, earlier, dice, present, rate)
        case "stale_address":
            return faults.keep_old_address(rows, earlier, dice, present, rate)
        case _:
            raise AssertionError(f"no fault is called {kind!r}")


def _not_personas(batch: pa.RecordBatch) -> Flags:
    if "persona" not in batch.schema.names:
        return np.ones(len(batch), dtype=np.bool_)
    found: Flags = batch.column("persona").is_null().to_numpy(zero_copy_only=False)
    return found


def _replace(batch: pa.RecordBatch, change: Change) -> pa.RecordBatch:
    mask = np.zeros(len(batch), dtype=np.bool_)
    mask[change.at] = True
    at = batch.schema.get_field_index(change.column)
    written = pc.replace_with_mask(batch.column(at), pa.array(mask), change.values)
    columns = batch.columns
    columns[at] = written
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _note(
    table: str,
    rows: pa.Array,
    kind: str,
    *,
    of: pa.Array | None = None,
    column: str | None = None,
    true: pa.Array | None = None,
    wrong: pa.Array | None = None,
) -> pa.RecordBatch:
    """Write one line of truth a row."""
    nothing = pa.nulls(len(rows), pa.string())
    return pa.RecordBatch.from_arrays(
        [
            pa.repeat(table, len(rows)),
            rows,
            rows if of is None else of,
            pa.repeat(kind, len(rows)),
            nothing if column is None else pa.repeat(column, len(rows)),
            nothing if true is None else true.cast(pa.string()),
            nothing if wrong is None else wrong.cast(pa.string()),
        ],
        schema=TRUTH_SCHEMA,
    )


def _note_change(table: Table, kind: str, rows: pa.RecordBatch, change: Change) -> pa.RecordBatch:
    """Write a line for each cell that says something else now; an old address can be in the same district."""
    at = pa.array(change.at)
    true, wrong = rows.column(change.column).take(at), change.values
    lines = _note(
        table.name, rows.column(table.number).take(at), kind, column=change.column, true=true, wrong=wrong
    )
    return lines.filter(pc.fill_null(pc.not_equal(true, wrong), True))


def _stack(lines: list[pa.RecordBatch]) -> pa.RecordBatch:
    stacked: pa.RecordBatch = pa.concat_batches(lines)
    return stacked
