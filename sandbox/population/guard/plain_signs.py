"""Brings values into plain signs before they are judged, so that a number is one in every script.

Digits of all scripts become 0 to 9, dashes and spaces of all kinds the plain ones, full-width signs what
they stand for; signs that nobody sees go. Only judging sees the outcome: what is imported stays as it was.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.population.guard.refusals import Flags, flag_matches

_MINUS = "\N{MINUS SIGN}"
_TELLING = r"[\p{N}@=\x{FF20}\x{FE6B}\x{FF1D}]"
"""A value without a digit, an at sign or an equals sign of some script holds nothing that is searched for."""


def write_plainly(text: pa.StringArray) -> pa.StringArray:
    """Give the values in plain signs; those in ASCII, and nulls, as they are."""
    foreign: Flags = ~pc.fill_null(pc.string_is_ascii(text), True).to_numpy(zero_copy_only=False)
    if not foreign.any():
        return text
    places = np.flatnonzero(foreign & flag_matches(text, _TELLING))
    coded = text.take(pa.array(places)).dictionary_encode()
    written = pa.array([_write(value) for value in coded.dictionary.to_pylist()], pa.string())
    chosen = np.zeros(len(text), dtype=np.bool_)
    chosen[places] = True
    return pc.replace_with_mask(text, pa.array(chosen), written.take(coded.indices))


def _write(value: str) -> str:
    return "".join(map(_plain, unicodedata.normalize("NFKC", value)))


@cache
def _plain(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind == "Nd":
        return str(unicodedata.digit(sign))
    if kind == "Pd" or sign == _MINUS:
        return "-"
    if kind == "Cf":
        return ""
    return " " if kind == "Zs" else sign
