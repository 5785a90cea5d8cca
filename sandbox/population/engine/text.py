"""Columns of text of one width, built as matrices of ASCII codes: no Python string per person.

A matrix has one row per person and one column per character. Refuses text of varying width;
that comes from pools of ready-made strings by index.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.population.engine.randomness import Flags, Integers

Characters = NDArray[np.uint8]

_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)


def _chunks(base: int, digits: int) -> Characters:
    """Write every number of so many digits."""
    rest = np.arange(base**digits)
    columns = []
    for _ in range(digits):
        rest, digit = np.divmod(rest, base)
        columns.append(_ALPHABET[digit])
    return np.stack(columns[::-1], axis=1)


_CHUNKS = {10: _chunks(10, 4), 36: _chunks(36, 2)}


def write_number(values: Integers, width: int, *, base: int = 10) -> Characters:
    """Write numbers with leading zeros, in base 10 or 36; digits beyond `width` are cut off."""
    # Several digits at a time, out of a table: one division of 64 bits instead of four.
    table = _CHUNKS[base]
    step = table.shape[1]
    written = np.empty((len(values), width), dtype=np.uint8)
    rest = values
    for end in range(width, 0, -step):
        rest, chunk = np.divmod(rest, len(table))
        first = max(0, end - step)
        written[:, first:end] = table[chunk, step - (end - first) :] if end < step else table[chunk]
    return written


def write_choice(indices: Integers, choices: tuple[str, ...]) -> Characters:
    """Write for each row one of several texts of the same width."""
    table = np.array([list(choice.encode("ascii")) for choice in choices], dtype=np.uint8)
    return table[indices]


def join(rows: int, *parts: str | Characters) -> Characters:
    """Put texts and matrices side by side."""
    columns = [
        np.broadcast_to(np.frombuffer(part.encode("ascii"), dtype=np.uint8), (rows, len(part)))
        if isinstance(part, str)
        else part
        for part in parts
    ]
    return np.concatenate(columns, axis=1)


def luhn_digit(digits: Characters) -> Characters:
    """Compute the check digit of ISO/IEC 7812-1 over rows of decimal digits."""
    values = digits.astype(np.int64)[:, ::-1] - ord("0")
    values[:, ::2] *= 2
    total = (values - 9 * (values > 9)).sum(axis=1)
    return write_number(-total % 10, 1)


def to_arrow(characters: Characters, present: Flags | None = None) -> pa.StringArray:
    """Turn a matrix into an Arrow column, null where `present` is false, without copying rows."""
    rows, width = characters.shape
    if present is not None:
        characters = characters[present]
    lengths = np.full(rows, width) if present is None else np.where(present, width, 0)
    offsets = np.zeros(rows + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    validity = None if present is None else pa.py_buffer(np.packbits(present, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(characters))
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), data, validity)
