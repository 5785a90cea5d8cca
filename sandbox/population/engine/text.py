"""Columns of text without a Python string per person: matrices of ASCII codes, and pools of ready-made texts.

A matrix has one row per person and one column per character; a pool's texts are chosen by index
and never written out. Refuses made-up text of varying width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.population.engine.randomness import Flags, Integers

Characters = NDArray[np.uint8]

_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
_GROUP = np.dtype(np.uint32)
_DIGITS_AT_ONCE = {10: 4, 36: 3}


def _groups(base: int, digits: int) -> NDArray[np.uint32]:
    """Write every number of so many digits into a word of memory, what is left in front empty."""
    rest = np.arange(base**digits)
    written = np.zeros((len(rest), _GROUP.itemsize), dtype=np.uint8)
    for place in range(1, digits + 1):
        rest, digit = np.divmod(rest, base)
        written[:, -place] = _ALPHABET[digit]
    return written.view(_GROUP)[:, 0]


_GROUPS = {base: _groups(base, digits) for base, digits in _DIGITS_AT_ONCE.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A whole number for each row, to be written with leading zeros; digits beyond `width` are cut off."""

    values: Integers
    width: int
    base: int = 10


def write_number(values: Integers, width: int, *, base: int = 10) -> Characters:
    """Write numbers with leading zeros, in base 10 or 36; digits beyond `width` are cut off."""
    return join(len(values), Number(values, width, base))


def write_choice(indices: Integers, choices: tuple[str, ...]) -> Characters:
    """Write for each row one of several texts of the same width."""
    table = np.array([list(choice.encode("ascii")) for choice in choices], dtype=np.uint8)
    return table.take(indices, axis=0)


def join(rows: int, *parts: str | Characters | Number) -> Characters:
    """Put texts, matrices and numbers side by side."""
    pattern = b"".join(
        part.encode("ascii") if isinstance(part, str) else bytes(_width(part)) for part in parts
    )
    # One block of memory into which every part is written once; the texts stand in it from the start.
    block = np.frombuffer(bytearray(pattern) * rows, dtype=np.uint8)
    written = block.reshape(rows, len(pattern))
    first = 0
    for part in parts:
        last = first + _width(part)
        if isinstance(part, Number):
            _write_digits(written[:, first:last], part)
        elif not isinstance(part, str):
            written[:, first:last] = part
        first = last
    return written


def _width(part: str | Characters | Number) -> int:
    if isinstance(part, str):
        return len(part)
    return part.width if isinstance(part, Number) else part.shape[1]


def _write_digits(written: Characters, number: Number) -> None:
    """Write several digits at a time, out of a table: one division instead of one for each digit."""
    table, step = _GROUPS[number.base], _DIGITS_AT_ONCE[number.base]
    rest, end = number.values, number.width
    while end > 0:
        # numpy divides whole arrays by one number with vector instructions, but takes no remainders so.
        left = rest // len(table)
        group = table.take(rest - left * len(table))
        if end >= _GROUP.itemsize:
            # What is empty in front of a group is written over by the next one.
            written[:, end - _GROUP.itemsize : end].view(_GROUP)[:, 0] = group
        else:
            digits = group.view(np.uint8).reshape(-1, _GROUP.itemsize)
            for column in range(max(0, end - step), end):
                written[:, column] = digits[:, _GROUP.itemsize - end + column]
        rest, end = left, end - step


_TWICE = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], dtype=np.uint16)
"""The sum of the digits of the double."""


def luhn_digit(digits: Characters) -> Characters:
    """Compute the check digit of ISO/IEC 7812-1 over rows of decimal digits."""
    total = np.zeros(len(digits), dtype=np.uint16)
    for place, column in enumerate(digits.T[::-1]):
        value = column - np.uint8(ord("0"))
        total += value if place % 2 else _TWICE.take(value)
    check = (10 - total % 10) % 10 + ord("0")
    return check.astype(np.uint8)[:, None]


def to_arrow(characters: Characters, present: Flags | None = None) -> pa.StringArray:
    """Turn a matrix into an Arrow column, null where `present` is false, without copying rows."""
    if present is not None:
        return spread(characters.take(np.flatnonzero(present), axis=0), present)
    rows, width = characters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(
        rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(characters))
    )


def spread(characters: Characters, present: Flags) -> pa.StringArray:
    """Turn a matrix with a row for each true entry of `present` into a column that is null elsewhere."""
    offsets = np.zeros(len(present) + 1, dtype=np.int32)
    np.cumsum(present, dtype=np.int32, out=offsets[1:])
    offsets *= np.int32(characters.shape[1])
    validity = pa.py_buffer(np.packbits(present, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(characters))
    return pa.StringArray.from_buffers(len(present), pa.py_buffer(offsets), data, validity)


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Ready-made texts that columns choose from by index."""

    texts: pa.StringArray
    distinct: pa.StringArray
    """A Parquet file's dictionary must not hold a text twice, and several places share a district."""
    places: NDArray[np.int32]
    """Where each of the texts stands in it."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Pool:
        """Put texts together, in this order."""
        whole = pa.array(texts, type=pa.string())
        encoded = whole.dictionary_encode()
        return cls(whole, encoded.dictionary, encoded.indices.to_numpy().astype(np.int32))

    def encode(self, index: Integers, *, present: Flags | None = None) -> pa.DictionaryArray:
        """Choose texts without writing them out; null where not `present`."""
        chosen = pa.array(self.places.take(index), mask=None if present is None else ~present)
        return pa.DictionaryArray.from_arrays(chosen, self.distinct, safe=False)

    def take(self, index: Integers) -> pa.StringArray:
        """Choose texts and write them out."""
        return self.texts.take(pa.array(index))
