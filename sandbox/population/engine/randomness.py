"""Random words by position: every value follows from (seed, stream, row) and nothing else.

Philox4x64 is a counter: word number n of a stream is computed without the words before it,
so any range of rows can be made alone, in any order, by any worker. One stream per column
and one 64-bit word per row, so that a new column never moves an old one.

Only raw words are used, and integer arithmetic on them. numpy keeps a bit generator's words
stable for ever (NEP 19), but not what its distributions make of them; those are refused here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import fsum, gcd

import numpy as np
from numpy.typing import NDArray

from sandbox.model.population import LARGEST_POPULATION

Words = NDArray[np.uint64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

WORDS_PER_COUNT = 4
"""Philox4x64 yields four words for each value of its counter."""

_HALF = np.uint64(32)
_LOW = np.uint64(2**32 - 1)


@lru_cache(maxsize=256)
def name_stream(name: str) -> int:
    """Turn a column's name into the stream half of the Philox key."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


def words(seed: int, stream: str, first: int, last: int) -> Words:
    """Give words `first` to `last - 1` of a stream, at a cost that depends on their number only."""
    skipped = first % WORDS_PER_COUNT
    generator = np.random.Philox(
        key=np.array([seed, name_stream(stream)], dtype=np.uint64),
        counter=np.array([first // WORDS_PER_COUNT, 0, 0, 0], dtype=np.uint64),
    )
    drawn: Words = generator.random_raw(last - first + skipped)
    return drawn[skipped:]


def upper(drawn: Words) -> Integers:
    """Give the upper 32 bits of each word."""
    return (drawn >> _HALF).view(np.int64)


def lower(drawn: Words) -> Integers:
    """Give the lower 32 bits of each word, which are independent of the upper ones."""
    return (drawn & _LOW).view(np.int64)


def below(drawn: Words, bound: int) -> Integers:
    """Map each word to 0 .. bound - 1; the bias is under bound / 2^32."""
    scaled = upper(drawn)
    scaled *= bound
    scaled >>= 32
    return scaled


def remainder(values: Integers, modulus: int) -> Integers:
    """Give `values % modulus` by way of the quotient, which numpy computes with vector instructions."""
    return values - values // modulus * modulus


def happens(drawn: Words, per_mille: Integers | int) -> Flags:
    """Say for each word whether an event of that probability, in thousandths, happens."""
    hits: Flags = below(drawn, 1000) < per_mille
    return hits


@dataclass(frozen=True, slots=True)
class AliasTable:
    """Draws from any discrete distribution with one word and one comparison (Walker's method)."""

    thresholds: Integers
    aliases: Integers

    @classmethod
    def from_weights(cls, weights: NDArray[np.float64]) -> AliasTable:
        """Build the table with additions and comparisons only, which every machine does alike."""
        count = len(weights)
        total = fsum(weights)
        shares = [float(weight) / total * count for weight in weights]
        thresholds, aliases = [1.0] * count, list(range(count))
        small = [i for i in range(count) if shares[i] < 1.0]
        large = [i for i in range(count) if shares[i] >= 1.0]
        while small and large:
            low, high = small.pop(), large.pop()
            thresholds[low], aliases[low] = shares[low], high
            shares[high] -= 1.0 - shares[low]
            (small if shares[high] < 1.0 else large).append(high)
        scaled = np.round(np.array(thresholds) * 2**32).astype(np.int64)
        return cls(thresholds=scaled, aliases=np.array(aliases, dtype=np.int64))

    def draw(self, drawn: Words) -> Integers:
        """Pick one index per word: the column by the upper half, itself or its alias by the lower."""
        column = below(drawn, len(self.aliases))
        aliased = lower(drawn) >= self.thresholds.take(column)
        np.copyto(column, self.aliases.take(column), where=aliased)
        return column


@dataclass(frozen=True, slots=True, eq=False)
class AliasTables:
    """Several alias tables end to end; draws from the one that is asked for as if it stood alone."""

    counts: Integers
    begins: Integers
    thresholds: Integers
    aliases: Integers

    @classmethod
    def of(cls, tables: Sequence[AliasTable]) -> AliasTables:
        """Lay tables end to end; indices go on where those of the table before end."""
        counts = np.array([len(table.aliases) for table in tables], dtype=np.int64)
        begins = np.cumsum(counts) - counts
        return cls(
            counts=counts,
            begins=begins,
            thresholds=np.concatenate([table.thresholds for table in tables]),
            aliases=np.concatenate(
                [table.aliases + begin for table, begin in zip(tables, begins, strict=True)]
            ),
        )

    def draw(self, drawn: Words, which: Integers) -> Integers:
        """Pick one index per word, from table number `which`."""
        column = upper(drawn)
        column *= self.counts.take(which)
        column >>= 32
        column += self.begins.take(which)
        aliased = lower(drawn) >= self.thresholds.take(column)
        np.copyto(column, self.aliases.take(column), where=aliased)
        return column


@dataclass(frozen=True, slots=True)
class Permutation:
    """An affine bijection of 0 .. modulus - 1: unique numbers without a set or a sort."""

    modulus: int
    factor: int
    shift: int

    @classmethod
    def from_seed(cls, seed: int, stream: str, modulus: int) -> Permutation:
        """Choose the bijection that belongs to this seed and stream.

        The factor stays below 2^63 / LARGEST_POPULATION so that the product of the largest
        person number and the factor fits 64 bits.
        """
        first, second = (int(word) for word in words(seed, stream, 0, 2))
        ceiling = min(modulus, (2**63 - 1 - modulus) // LARGEST_POPULATION)
        factor = ceiling // 2 + first % (ceiling // 2 or 1)
        while gcd(factor, modulus) != 1:
            factor += 1 if factor + 1 < ceiling else 1 - factor
        return cls(modulus=modulus, factor=factor, shift=second % modulus)

    def __call__(self, numbers: Integers) -> Integers:
        """Map each number below the modulus to its own place."""
        return remainder(numbers * self.factor + self.shift, self.modulus)
