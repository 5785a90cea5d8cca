"""Headings of several languages are understood; unknown ones are left; --map has the last word."""

from __future__ import annotations

import pytest

from sandbox.errors import UsageError
from sandbox.population.guard.fields import map_columns, read_map


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("First Name", "given_name"),
        ("firstName", "given_name"),
        ("LAST_NAME", "family_name"),
        ("Geburtsdatum", "birth_date"),
        ("Prénom", "given_name"),
        ("prenom", "given_name"),
        ("teléfono", "phone"),
        ("isikukood", "national_id"),
        ("E-Mail", "email"),
        ("IBAN", "account"),
        ("Дата народження", "birth_date"),
        ("amazina", "full_name"),
        ("भ्रम", None),
        ("amount", None),
    ],
)
def test_headings(heading: str, field: str | None) -> None:
    (mapped,) = map_columns([heading], {})
    assert mapped.field == field


def test_what_was_asked_wins() -> None:
    (mapped,) = map_columns(["name"], {"name": "other"})
    assert (mapped.field, mapped.by) == ("other", "--map")


@pytest.mark.parametrize("pairs", [["a"], ["=phone"], ["a="], ["a=phone", "a=email"]])
def test_pairs_that_are_none(pairs: list[str]) -> None:
    with pytest.raises(UsageError):
        read_map(pairs)


def test_a_column_may_hold_an_equals_sign() -> None:
    assert read_map(["a=b=phone"]) == {"a=b": "phone"}


@pytest.mark.parametrize("asked", [{"phones": "phone"}, {"phone": "telephone"}])
def test_names_that_do_not_exist(asked: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        map_columns(["phone"], asked)
