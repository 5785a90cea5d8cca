"""The where of pickCitizens: what it reads, what it refuses, and that values stay values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.controls.predicates import Predicate, parse_predicate
from sandbox.errors import UsageError

COLUMNS = {"role": "p.role", "size": "h.size", "urban": "h.urban"}


@pytest.mark.parametrize(
    ("text", "sql", "values"),
    [
        ("role == 'head'", "p.role = ?", ("head",)),
        ("size >= 4 and urban == true", "(h.size >= ? AND h.urban = ?)", (4, True)),
        ("size < 2 or size > 7", "(h.size < ? OR h.size > ?)", (2, 7)),
        (
            "role == 'head' and (size == 1 or size != 3)",
            "(p.role = ? AND (h.size = ? OR h.size <> ?))",
            ("head", 1, 3),
        ),
        ("size >= -1.5", "h.size >= ?", (-1.5,)),
    ],
)
def test_it_compiles_to_columns_and_parameters(text: str, sql: str, values: tuple[object, ...]) -> None:
    assert parse_predicate(text, COLUMNS) == Predicate(sql, values)


def test_a_value_never_becomes_sql() -> None:
    predicate = parse_predicate("role == 'x; DROP TABLE persons --'", COLUMNS)
    assert predicate.sql == "p.role = ?"


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no 'income'") as refused:
        parse_predicate("income > 3", COLUMNS)
    assert "role, size, urban" in refused.value.hint


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        predicate = parse_predicate(text, COLUMNS)
    except UsageError:
        return
    assert predicate.sql.count("?") == len(predicate.values)


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(UsageError, match="too long"):
        parse_predicate("size == 1 and " * 500, COLUMNS)
