"""What a judgement is made of: one flag a record, and the refusals of a batch by column and reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Records of one batch that one column gives a reason to refuse."""

    column: str
    rule: str
    why: str
    records: Flags
    texts: pa.StringArray


def flag_filled(text: pa.StringArray) -> Flags:
    """Flag the values that hold more than spaces."""
    filled = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(text), ""), False)
    return _flags(filled)


def flag_matches(text: pa.StringArray, pattern: str) -> Flags:
    """Flag the values in which the pattern (RE2) is found."""
    return _flags(pc.fill_null(pc.match_substring_regex(text, pattern), False))


def ask_each(text: pa.StringArray, chosen: Flags, ask: Callable[[str], bool]) -> Flags:
    """Ask about each different chosen value once."""
    found = np.zeros(len(text), dtype=np.bool_)
    places = np.flatnonzero(chosen)
    coded = text.take(pa.array(places)).dictionary_encode()
    answers = np.array([ask(value) for value in coded.dictionary.to_pylist()], dtype=np.bool_)
    if len(answers):
        found[places] = answers[coded.indices.to_numpy(zero_copy_only=False)]
    return found


def _flags(column: pa.BooleanArray) -> Flags:
    found: Flags = column.to_numpy(zero_copy_only=False).astype(np.bool_)
    return found
