"""The kinds of fault, each as a pure function: rows of a clean table in, changed cells out.

A fault hits a row or not by one word of its own stream, so every row errs apart from all
others and kinds fall together by chance only. The same row is hit at a higher rate, too: a
`light` register's faults are among the `field` register's. Personas are left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sandbox.population.dirt.recipe import Script
from sandbox.population.dirt.spelling import SHORTEST, respell
from sandbox.population.engine.randomness import Flags, Integers, Words, below, happens, words

NEIGHBOURHOOD = 4096
"""How many rows back somebody's telephone or address may come from."""

ADDRESS = ("region", "district", "settlement", "address", "urban", "unit_no")
"""Columns of a household that go with where it lives."""

_NAME_IN = 3
"""One misspelling in so many is in the family name, where there is one."""


@dataclass(frozen=True, slots=True)
class Dice:
    """Random words of one register for the rows of one batch, by the rows' own numbers in rising order."""

    seed: int
    register: str
    numbers: Integers

    def words(self, kind: str) -> Words:
        """One word a row."""
        first = int(self.numbers[0])
        drawn = words(self.seed, f"dirt:{self.register}:{kind}", first, int(self.numbers[-1]) + 1)
        return drawn[self.numbers - first]

    def hits(self, kind: str, able: Flags, per_mille: int) -> Flags:
        """Which of the rows that can have it have it."""
        return able & happens(self.words(kind), per_mille)


@dataclass(frozen=True, slots=True)
class Change:
    """Cells of one column that a fault wrote over: where, and with what."""

    column: str
    at: Integers
    values: pa.Array


@dataclass(frozen=True, slots=True)
class Fault:
    """What one kind did to a batch."""

    able: Flags
    hit: Flags
    changes: tuple[Change, ...] = ()


def transliterate(rows: pa.RecordBatch, dice: Dice, present: Flags, per_mille: int) -> Fault:
    """Register a name that is written in another script by its Latin twin."""
    columns = [name for name in ("given_name", "family_name") if f"{name}_latin" in rows.schema.names]
    differs = {
        name: _flags(pc.fill_null(pc.not_equal(rows.column(name), rows.column(f"{name}_latin")), False))
        for name in columns
    }
    able = present & differs["given_name"] if columns else np.zeros(len(rows), dtype=np.bool_)
    hit = dice.hits("transliteration", able, per_mille)
    places = {name: np.flatnonzero(hit & differs[name]) for name in columns}
    return Fault(
        able,
        hit,
        tuple(
            Change(name, at, rows.column(f"{name}_latin").take(pa.array(at))) for name, at in places.items()
        ),
    )


def misspell(
    rows: pa.RecordBatch, dice: Dice, present: Flags, per_mille: int, scripts: Mapping[str, Script]
) -> Fault:
    """Spell a given name, or at times a family name, in another way."""
    able = present & _long_enough(rows.column("given_name"))
    hit = dice.hits("spelling", able, per_mille)
    chosen = dice.words("spelling-how")
    family = hit & (below(chosen, _NAME_IN) == 0) & _long_enough(rows.column("family_name"))
    return Fault(
        able,
        hit,
        (
            *_respell(rows, "given_name", hit & ~family, chosen, scripts),
            *_respell(rows, "family_name", family, chosen, scripts),
        ),
    )


def move_to_first_of_january(rows: pa.RecordBatch, dice: Dice, present: Flags, per_mille: int) -> Fault:
    """Register the year of birth only, as offices do that ask people who don't know the day."""
    born = _days(rows.column("birth_date"))
    year = born.astype("datetime64[Y]").astype("datetime64[D]")
    able = present & (born != year)
    hit = dice.hits("first_of_january", able, per_mille)
    return Fault(able, hit, (_change_dates("birth_date", hit, year),))


def swap_day_and_month(
    rows: pa.RecordBatch, dice: Dice, present: Flags, per_mille: int, reference: date
) -> Fault:
    """Read the day as the month, where both are 12 or less, and never into the future."""
    born = _days(rows.column("birth_date"))
    year, month = born.astype("datetime64[Y]"), born.astype("datetime64[M]")
    month_of_year = (month - year.astype("datetime64[M]")).astype(np.int64)
    day_of_month = (born - month.astype("datetime64[D]")).astype(np.int64)
    # Both count from 0. The eleventh day of the swapped month exists in every month.
    possible = (day_of_month < 12) & (day_of_month != month_of_year)
    swapped = (year.astype("datetime64[M]") + np.where(possible, day_of_month, 0)).astype("datetime64[D]")
    swapped += month_of_year
    able = present & possible & (swapped <= np.datetime64(reference))
    hit = dice.hits("swapped_day_month", able, per_mille)
    return Fault(able, hit, (_change_dates("birth_date", hit, swapped),))


def share_phone(
    rows: pa.RecordBatch, before: pa.RecordBatch, dice: Dice, present: Flags, per_mille: int
) -> Fault:
    """Register somebody under the telephone of the nearest person listed before, mostly of the household."""
    known = pa.concat_arrays([before.column("phone"), rows.column("phone")])
    has = _flags(known.is_valid())
    places = np.arange(len(known))
    latest = np.maximum.accumulate(np.where(has, places, -1))
    donor = np.concatenate(([-1], latest[:-1]))
    near = (donor >= 0) & (places - donor <= NEIGHBOURHOOD)
    able = present & (has & near)[len(before) :]
    hit = dice.hits("shared_phone", able, per_mille)
    at = np.flatnonzero(hit)
    return Fault(able, hit, (Change("phone", at, known.take(pa.array(donor[at + len(before)]))),))


def keep_old_address(
    rows: pa.RecordBatch, before: pa.RecordBatch, dice: Dice, present: Flags, per_mille: int
) -> Fault:
    """Register a household where another one of the country lives: it moved, and told nobody."""
    columns = [name for name in ADDRESS if name in rows.schema.names]
    reach = np.minimum(dice.numbers, NEIGHBOURHOOD)
    able = present & (reach > 0)
    hit = dice.hits("stale_address", able, per_mille)
    at = np.flatnonzero(hit)
    donor = at + len(before) - 1 - (dice.words("stale_address-where")[at] % reach[at].astype(np.uint64))
    donors = pa.array(donor.astype(np.int64))
    return Fault(
        able,
        hit,
        tuple(
            Change(name, at, pa.concat_arrays([before.column(name), rows.column(name)]).take(donors))
            for name in columns
        ),
    )


def _respell(
    rows: pa.RecordBatch, column: str, hit: Flags, chosen: Words, scripts: Mapping[str, Script]
) -> tuple[Change, ...]:
    at = np.flatnonzero(hit)
    if not len(at):
        return ()
    names = rows.column(column).take(pa.array(at)).to_pylist()
    written = [
        respell(name, int(word) & 0xFFFFFFFF, scripts) for name, word in zip(names, chosen[at], strict=True)
    ]
    values = pa.array(written, pa.string())
    twin = f"{column}_latin"
    if twin not in rows.schema.names:
        return (Change(column, at, values),)
    # A name in Latin letters is its own twin; whoever writes one wrongly writes the other so.
    same = _flags(
        pc.fill_null(pc.equal(rows.column(twin).take(pa.array(at)), pa.array(names, pa.string())), False)
    )
    return (Change(column, at, values), Change(twin, at[same], values.filter(pa.array(same))))


def _change_dates(column: str, hit: Flags, dates: NDArray[np.datetime64]) -> Change:
    at = np.flatnonzero(hit)
    return Change(column, at, pa.array(dates[at]).cast(pa.date32()))


def _long_enough(names: pa.Array) -> Flags:
    return _flags(pc.fill_null(pc.greater_equal(pc.utf8_length(names), SHORTEST), False))


def _days(dates: pa.Array) -> NDArray[np.datetime64]:
    found: NDArray[np.datetime64] = dates.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return found


def _flags(values: pa.Array) -> Flags:
    found: Flags = values.to_numpy(zero_copy_only=False).astype(np.bool_)
    return found
