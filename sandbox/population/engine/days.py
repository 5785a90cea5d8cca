"""Days and months of the civil calendar, for whole columns at once.

Months are looked up in a table made once; numpy's own conversions count the years of each day anew.
Days the table doesn't hold are left to numpy: the answers are the same.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.population.engine.randomness import Flags, Integers

Days = NDArray[np.datetime64]
"""Days since 1970 as datetime64[D]."""

_FIRST, _LAST = np.datetime64("1850-01", "M"), np.datetime64("2250-01", "M")
_MONTHS = np.arange(_FIRST, _LAST, dtype="datetime64[M]")
_BEGINS = _MONTHS.astype("datetime64[D]").astype(np.int64)
"""The first day of each month, since 1970."""
_MONTH_OF = np.repeat(np.arange(len(_MONTHS) - 1, dtype=np.int64), np.diff(_BEGINS))
"""The place of each day's month among them."""
_BEFORE = int(_FIRST.astype(np.int64))
"""Months from 1970 to the table's first."""


def as_numbers(day: Days) -> Integers:
    """Count each day from 1970."""
    return day.astype("datetime64[D]", copy=False).view(np.int64)


def split(day: Days) -> tuple[Integers, Integers]:
    """Give each day's month, counted from January 1970, and how many days of it are before."""
    numbers = as_numbers(day)
    since = numbers - _BEGINS[0]
    if since.min(initial=0) >= 0 and since.max(initial=0) < len(_MONTH_OF):
        place = _MONTH_OF.take(since)
        return place + _BEFORE, numbers - _BEGINS.take(place)
    month = day.astype("datetime64[M]")
    return month.astype(np.int64), (day - month).astype(np.int64)


def shift_years(day: Days, years: int) -> Days:
    """Give the same day so many years later; a 29 February becomes 1 March where there is none."""
    month, passed = split(day)
    place = month + (12 * years - _BEFORE)
    if place.min(initial=0) >= 0 and place.max(initial=0) < len(_BEGINS):
        return (_BEGINS.take(place) + passed).view("datetime64[D]")
    moved = (month + 12 * years).view("datetime64[M]").astype("datetime64[D]")
    return add_days(moved, passed)


def add_days(day: Days | np.datetime64, count: Integers) -> Days:
    """Give the day so many days later."""
    moved: Days = day + count.view("timedelta64[D]")
    return moved


def days_between(first: Days | np.datetime64, last: Days | np.datetime64) -> Integers:
    """Count days from one day to another; negative when the other is earlier."""
    between: Integers = np.asarray(last - first).view(np.int64)
    return between


def day_array(days: Days, *, present: Flags | None = None) -> pa.Array:
    """Turn days into a column of dates; null where not `present`."""
    numbers = as_numbers(days).astype(np.int32)
    return pa.array(numbers, mask=None if present is None else ~present).view(pa.date32())
