from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.population.engine.randomness import AliasTable, Permutation, below, words


def test_words_are_these_on_every_machine() -> None:
    assert words(1, "a", 0, 6).tolist() == [
        11470075421483490137,
        6621986445683810186,
        12333444526487574357,
        2160371084045989204,
        1189702576892504193,
        1076926525129088357,
    ]


@given(seed=st.integers(0, 2**63 - 1), first=st.integers(0, 10**9), count=st.integers(0, 40))
def test_a_range_of_words_is_the_same_alone_and_within_a_longer_one(
    seed: int, first: int, count: int
) -> None:
    longer = words(seed, "column", first, first + count + 9)
    assert np.array_equal(words(seed, "column", first + 5, first + 5 + count), longer[5 : 5 + count])


def test_streams_and_seeds_differ() -> None:
    drawn = {tuple(words(seed, stream, 0, 4)) for seed in (0, 1) for stream in ("a", "b")}
    assert len(drawn) == 4


def test_below_covers_its_range_and_nothing_else() -> None:
    assert set(below(words(3, "die", 0, 1000), 6).tolist()) == set(range(6))


def test_alias_table_draws_in_proportion_and_never_what_has_no_weight() -> None:
    weights = np.array([5.0, 0.0, 1.0, 4.0])
    drawn = AliasTable.from_weights(weights).draw(words(7, "alias", 0, 100_000))
    shares = np.bincount(drawn, minlength=4) / 100_000
    assert shares[1] == 0
    assert np.abs(shares - weights / 10).max() < 0.005


@pytest.mark.parametrize("modulus", [10**6, 10**7, 5 * 10**7, 10**10, 36**7])
def test_permutation_never_repeats(modulus: int) -> None:
    numbers = np.arange(300_000, dtype=np.int64)
    mapped = Permutation.from_seed(11, "serial", modulus)(numbers)
    assert len(np.unique(mapped)) == len(numbers)
    assert mapped.min() >= 0
    assert mapped.max() < modulus


@given(seed=st.integers(0, 2**63 - 1), modulus=st.sampled_from([10**6, 3 * 10**8, 10**10, 36**7]))
def test_permutation_of_the_largest_number_fits_64_bits(seed: int, modulus: int) -> None:
    permutation = Permutation.from_seed(seed, "serial", modulus)
    largest = min(modulus, 100_000_000) - 1
    exact = (largest * permutation.factor + permutation.shift) % modulus
    assert permutation(np.array([largest], dtype=np.int64)).tolist() == [exact]
