"""Kinds of fault on rows written by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from sandbox.population.dirt import Recipe
from sandbox.population.dirt.faults import Dice
from sandbox.population.dirt.faults import move_to_first_of_january as first_of_january
from sandbox.population.dirt.faults import swap_day_and_month as swap
from sandbox.population.dirt.soiling import Soil, Table, Tally, soil_batch
from sandbox.population.packs.folder import Pack

TODAY = date(2026, 1, 1)


def born(*dates: date) -> tuple[pa.RecordBatch, Dice, np.ndarray]:
    rows = pa.RecordBatch.from_pydict({"birth_date": pa.array(dates, pa.date32())})
    return rows, Dice(1, "identity", np.arange(len(dates))), np.ones(len(dates), dtype=np.bool_)


@pytest.mark.parametrize(
    ("true", "swapped"),
    [
        (date(1980, 3, 5), date(1980, 5, 3)),
        (date(1980, 12, 1), date(1980, 1, 12)),
        (date(1980, 3, 13), None),
        (date(1980, 7, 7), None),
        (date(2026, 1, 1), None),
        (date(2025, 12, 11), date(2025, 11, 12)),
    ],
)
def test_day_and_month_are_swapped_where_both_are_months(true: date, swapped: date | None) -> None:
    fault = swap(*born(true), 1000, TODAY)
    assert fault.changes[0].values.to_pylist() == ([] if swapped is None else [swapped])


def test_no_swap_leads_into_the_future() -> None:
    fault = swap(*born(date(2026, 1, 5)), 1000, date(2026, 1, 6))
    assert not fault.able.any()


def test_who_is_born_on_the_first_of_january_stays() -> None:
    fault = first_of_january(*born(date(1980, 1, 1), date(1980, 12, 31)), 1000)
    assert fault.able.tolist() == [False, True]
    assert fault.changes[0].values.to_pylist() == [date(1980, 1, 1)]


def soiled(
    zz: Pack, recipe: Recipe, rates: dict[str, int], **columns: list[object]
) -> list[dict[str, object]]:
    rows = len(next(iter(columns.values())))
    batch = pa.RecordBatch.from_pydict(
        {
            "person_no": list(range(rows)),
            "individual_id": [f"ZZ{number:010}" for number in range(rows)],
            "sex": ["female"] * rows,
            "birth_date": pa.array([date(1980, 3, 5)] * rows, pa.date32()),
            **columns,
        }
    )
    soil = Soil(register="identity", rates=rates, scripts=recipe.scripts, pack=zz, seed=1, reference=TODAY)
    table = Table("persons", "person_no", tuple(rates))
    (dirty, _), *_ = soil_batch(soil, table, batch, batch.slice(0, 0), Tally())
    found: list[dict[str, object]] = dirty.to_pylist()
    return found


def test_personas_are_left_as_they_are(zz: Pack, recipe: Recipe) -> None:
    held = soiled(
        zz,
        recipe,
        {"missing": 1000, "spelling": 1000},
        given_name=["Amina", "Amina"],
        family_name=["Kol", "Kol"],
        persona=["amina", None],
    )
    assert [(row["given_name"], row["family_name"]) for row in held] == [("Amina", "Kol")]


def test_a_name_in_another_script_is_registered_in_latin_letters_and_not_misspelt_too(
    zz: Pack, recipe: Recipe
) -> None:
    held = soiled(
        zz,
        recipe,
        {"transliteration": 1000, "spelling": 1000},
        given_name=["Олена", "Jana"],
        family_name=["Коваль", "Kask"],
        given_name_latin=["Olena", "Jana"],
        family_name_latin=["Koval", "Kask"],
    )
    assert (held[0]["given_name"], held[0]["family_name"]) == ("Olena", "Koval")
    assert (held[1]["given_name"], held[1]["family_name"]) != ("Jana", "Kask")
    assert held[1]["given_name"] == held[1]["given_name_latin"]
    assert held[1]["family_name"] == held[1]["family_name_latin"]
