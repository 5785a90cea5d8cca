"""The fees of a year add up to its cost to the last coin, whatever the weights."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from blocks.registration.allotment import LevyPolicy, add_percent, allot, compute

WEIGHTS = st.lists(
    st.decimals(min_value=0, max_value=10**6, places=4, allow_nan=False), min_size=1, max_size=40
).filter(any)
SHARED = {
    "method": "shared-cost",
    "overhead": 10_000_000,
    "cost_per_tonne": 300_000,
    "due_days": 30,
    "late_percent": 10,
}


def tonnes(*numbers: int) -> list[Decimal]:
    return [Decimal(number) for number in numbers]


def test_the_worked_figures() -> None:
    told = compute(LevyPolicy.model_validate(SHARED), tonnes(120, 60, 20), Decimal(50), "RWF")
    assert (told.total, told.fees) == (25_000_000, (15_000_000, 7_500_000, 2_500_000))


def test_a_tariff_is_so_much_a_tonne() -> None:
    policy = LevyPolicy(method="tariff", tariff_per_tonne=Decimal("130.50"), due_days=1)
    told = compute(policy, tonnes(120, 60, 20), Decimal(50), "XTS")
    assert (told.total, told.fees) == (2_610_000, (1_566_000, 783_000, 261_000))


@given(st.integers(min_value=0, max_value=10**15), WEIGHTS)
def test_the_sum_is_exact_and_nobody_is_a_whole_coin_off(total: int, weights: list[Decimal]) -> None:
    fees = allot(total, weights)
    assert sum(fees) == total
    whole = sum(weights)
    for fee, weight in zip(fees, weights, strict=True):
        assert abs(fee * whole - total * weight) < whole + Decimal("0.001")


@given(st.integers(min_value=0, max_value=10**12), WEIGHTS)
def test_who_weighs_more_never_pays_less(total: int, weights: list[Decimal]) -> None:
    pairs = sorted(zip(weights, allot(total, weights), strict=True))
    assert all(lighter[1] <= heavier[1] or lighter[0] == heavier[0] for lighter, heavier in pairwise(pairs))


def test_the_coin_that_is_left_goes_to_the_largest_remainder_and_then_to_the_first() -> None:
    assert allot(100, tonnes(1, 1, 1)) == (34, 33, 33)
    assert allot(10, [Decimal("0.34"), Decimal("0.36"), Decimal("0.30")]) == (3, 4, 3)


@pytest.mark.parametrize("weights", [[], tonnes(0), tonnes(0, 0), tonnes(3, -1)])
def test_without_a_weight_nothing_is_shared(weights: list[Decimal]) -> None:
    with pytest.raises(ValueError, match="no weight"):
        allot(100, weights)


def test_a_surcharge_is_rounded_to_the_coin() -> None:
    assert [add_percent(fee, Decimal(10)) for fee in (4, 5, 2_500_000)] == [4, 6, 2_750_000]


@pytest.mark.parametrize(
    "change",
    [
        {"overhead": None},
        {"cost_per_tonne": None},
        {"tariff_per_tonne": 1},
        {"method": "tariff"},
        {"method": "tariff", "tariff_per_tonne": 1},
        {"due_days": -1},
        {"overhead": -1},
    ],
)
def test_a_policy_says_what_its_method_needs(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LevyPolicy.model_validate({**SHARED, **change})
