"""Texts become values, or are refused in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.cli.options import read_inputs, read_lease
from sandbox.errors import UsageError


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (None, None),
        ("30s", timedelta(seconds=30)),
        ("45m", timedelta(minutes=45)),
        ("8h", timedelta(hours=8)),
        ("2d", timedelta(days=2)),
        ("99999d", timedelta(days=99999)),
    ],
)
def test_a_lease_is_a_number_and_a_unit(text, length):
    assert read_lease(text) == length


@pytest.mark.parametrize("text", ["", "0m", "5", "m", "5 m", "-5m", "5w", "1.5h", "5m5s", "100000d", "٥m\n"])
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(UsageError, match="is no length of time") as refused:
        read_lease(text)
    assert "45m" in refused.value.hint


def test_inputs_are_json_where_they_can_be_and_text_elsewhere():
    given = ["households=20", "name=Amina", 'list=["a"]', "empty=", "equation=a=b"]
    assert read_inputs(given) == {
        "households": 20,
        "name": "Amina",
        "list": ["a"],
        "empty": "",
        "equation": "a=b",
    }


@pytest.mark.parametrize("pair", ["households", "=20", ""])
def test_an_input_without_name_or_value_is_refused(pair):
    with pytest.raises(UsageError, match="is not name=value"):
        read_inputs([pair])
