"""A spreadsheet runs no text as a formula, and what was marked can be taken back."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.population.export.formulas import mark, mark_columns, unmark

NASTY = st.text(st.sampled_from("'=+-@\t\r\n＝＋－＠|01 .a\"\\,;é م"), max_size=8)


@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|'/c calc'!A0", "+1+cmd|x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1"]
)
def test_a_formula_is_marked(text: str) -> None:
    assert mark(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "+250781234567", "+250 78 123 45 67", "-4.5", "Amina", "O'Neill", "a=b", "'t Hooft"]
)
def test_a_number_and_a_name_stay_as_they_are(text: str) -> None:
    assert mark(text) == text


@given(NASTY)
def test_marking_is_taken_back(text: str) -> None:
    assert unmark(mark(text)) == text


@given(NASTY)
def test_what_is_written_begins_as_no_formula_does(text: str) -> None:
    written = mark(text)
    assert written[:1] not in tuple("=@\t\r\n＝＋－＠")
    if written[:1] in ("+", "-"):
        assert set(written[1:]) <= set("0123456789 .")


@given(st.lists(NASTY | st.none(), min_size=1))
def test_columns_are_marked_as_single_texts_are(texts: list[str | None]) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], names=["text"])
    assert mark_columns(batch).column(0).to_pylist() == [
        None if text is None else mark(text) for text in texts
    ]
