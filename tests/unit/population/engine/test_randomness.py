from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.population.engine.randomness import (
    AliasTable,
    AliasTables,
    Permutation,
    below,
    lower,
    remainder,
    upper,
    words,
)


def test_words_are_these_on_every_machine() -> None:
    assert words(1, "a", 0, 6).tolist() == [
        11470075421483490137,
        6621986445683810186,
        12333444526487574357,
        2160371084045989204,
        1189702576892504193,
        1076926525129088357,
    ]


def test_words_far_into_a_stream_are_these_on_every_machine() -> None:
    assert words(20260101, "column", 3, 7).tolist() == [
        1900811594143629559,
        12637895824854906979,
        7110312132033952878,
        10982067679876975280,
    ]
    assert words(2**63 - 1, "individual-id", 4_000_000_001, 4_000_000_004).tolist() == [
        12375885410508065603,
        13059838271661995707,
        4733286678872995432,
    ]


def test_what_is_made_of_words_is_this_on_every_machine() -> None:
    drawn = words(20260101, "column", 3, 11)
    assert upper(drawn)[:3].tolist() == [442567186, 2942489419, 1655498550]
    assert lower(drawn)[:3].tolist() == [3990880503, 1423865955, 1208532078]
    assert below(drawn, 1000).tolist() == [103, 685, 385, 595, 981, 541, 103, 591]
    table = AliasTable.from_weights(np.array([5.0, 0.0, 1.0, 4.0]))
    assert table.thresholds.tolist() == [4294967296, 0, 1717986918, 0]
    assert table.aliases.tolist() == [0, 3, 3, 0]
    assert table.draw(drawn).tolist() == [0, 2, 3, 3, 0, 2, 0, 2]
    permutation = Permutation.from_seed(11, "serial", 10**10)
    assert (permutation.factor, permutation.shift) == (8320978627, 5950297326)
    numbers = np.array([0, 1, 99_999_999], dtype=np.int64)
    assert permutation(numbers).tolist() == [5950297326, 4271275953, 329318699]


def test_tables_end_to_end_draw_as_each_would_alone() -> None:
    tables = [AliasTable.from_weights(np.array(weights)) for weights in ([1.0, 2.0], [3.0, 1.0, 5.0])]
    drawn = words(5, "both", 0, 1000)
    which = np.arange(1000, dtype=np.int64) % 2
    together = AliasTables.of(tables).draw(drawn, which)
    alone = np.where(which == 0, tables[0].draw(drawn), tables[1].draw(drawn) + 2)
    assert np.array_equal(together, alone)


@given(value=st.integers(-(2**62), 2**62), modulus=st.integers(1, 2**40))
def test_a_remainder_is_that_of_python(value: int, modulus: int) -> None:
    assert remainder(np.array([value], dtype=np.int64), modulus).tolist() == [value % modulus]


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
