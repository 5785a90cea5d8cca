r"""Texts that a spreadsheet would run as a formula, made harmless.

A cell that begins with = + - @, a tab, a line break, or their full-width sisters is a formula to Excel,
LibreOffice and Google Sheets, and a formula can start programs or send cells away (OWASP, "CSV injection").
An apostrophe in front makes it text. A telephone number such as +250 78 123 and a number such as -4.5 stay
as they are: a number is a formula that does nothing. What was marked can be told from what was not, and
taken back: a text that begins with apostrophes before such a character gets one more.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# Read by Python's re and, within Arrow, by RE2: only what both know alike.
RISKY = r"^'*[=+\-@\t\r\n＝＋－＠]"
NUMBER = r"^[+\-][0-9]+( [0-9]+)*(\.[0-9]+)?$"
_RISKY, _NUMBER = re.compile(RISKY), re.compile(NUMBER.replace("$", r"\Z"))


def is_risky(text: str) -> bool:
    """Say whether a spreadsheet could take the text for a formula."""
    return _RISKY.match(text) is not None and _NUMBER.match(text) is None


def mark(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet could take for a formula."""
    return f"'{text}" if is_risky(text) else text


def unmark(text: str) -> str:
    """Take back what `mark` did."""
    return text[1:] if text.startswith("'") and is_risky(text[1:]) else text


def mark_columns(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Mark the texts of every text column."""
    columns: list[Any] = []
    for column in batch.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            risky = pc.and_(
                pc.match_substring_regex(column, RISKY), pc.invert(pc.match_substring_regex(column, NUMBER))
            )
            if pc.any(risky).as_py():
                column = pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
