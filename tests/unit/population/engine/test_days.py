from __future__ import annotations

import numpy as np
import pytest

from sandbox.population.engine.days import day_array, days_between, shift_years, split

LOOKED_UP = np.arange("1850-01-01", "2249-12-01", dtype="datetime64[D]")
BEYOND = np.arange("1790-01-01", "1860-01-01", dtype="datetime64[D]")


@pytest.mark.parametrize("days", [LOOKED_UP, BEYOND, LOOKED_UP[:0]], ids=["looked up", "beyond", "none"])
def test_months_are_those_of_numpy_s_calendar(days: np.ndarray) -> None:
    month, passed = split(days)
    assert np.array_equal(month.view("datetime64[M]"), days.astype("datetime64[M]"))
    assert np.array_equal(passed, (days - days.astype("datetime64[M]")).astype(np.int64))


@pytest.mark.parametrize("days", [LOOKED_UP, BEYOND], ids=["looked up", "beyond"])
@pytest.mark.parametrize("years", [-100, 0, 15, 150])
def test_years_later_it_is_the_same_day_and_month(days: np.ndarray, years: int) -> None:
    shifted = shift_years(days, years)
    month, passed = split(days)
    same = (month + 12 * years).view("datetime64[M]").astype("datetime64[D]") + passed
    assert np.array_equal(shifted, same)


def test_a_29_february_becomes_1_march() -> None:
    assert shift_years(np.array(["2024-02-29"], dtype="datetime64[D]"), 1).astype(str).tolist() == [
        "2025-03-01"
    ]


def test_days_are_counted_and_written_as_dates() -> None:
    days = np.array(["2024-02-28", "2026-07-01"], dtype="datetime64[D]")
    assert days_between(days, np.datetime64("2024-03-01", "D")).tolist() == [2, -852]
    column = day_array(days, present=np.array([False, True]))
    assert [each and each.isoformat() for each in column.to_pylist()] == [None, "2026-07-01"]
