"""Misspelt names: always another name, always the same one for the same word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.population.dirt import Recipe
from sandbox.population.dirt.recipe import Script
from sandbox.population.dirt.spelling import respell, script_of

SCRIPTS = {
    "latin": Script(vowels="aeiouy", alternates=(("ph", "f"),)),
    "arabic": Script(vowels="اوي", alternates=(("أ", "ا"),)),
}


@given(st.text(min_size=2, max_size=60), st.integers(min_value=0, max_value=2**32 - 1))
def test_something_always_changes_and_little(name: str, word: int) -> None:
    written = respell(name, word, SCRIPTS)
    assert written != name
    assert abs(len(written) - len(name)) <= 1
    assert written == respell(name, word, SCRIPTS)


def test_all_kinds_of_change_occur() -> None:
    written = {respell("Sophia", word, SCRIPTS) for word in range(200)}
    assert {"Sofia", "Sphia", "Spohia", "Sopphia"} <= written


@pytest.mark.parametrize(
    ("name", "script"),
    [("Žofie", "latin"), ("Олена", "cyrillic"), ("فاطمة", "arabic"), ("सुनीता", "devanagari"), ("-", "latin")],
)
def test_the_first_letter_tells_the_script(name: str, script: str) -> None:
    assert script_of(name) == script


def test_every_script_of_the_recipe_has_a_sound_that_clerks_confuse(recipe: Recipe) -> None:
    for name, written in (
        ("Саїда", "cyrillic"),
        ("أحمد", "arabic"),
        ("शीला", "devanagari"),
        ("Philip", "latin"),
    ):
        assert script_of(name) == written
        alternates = recipe.scripts[written].alternates
        assert any(sound in name.lower() for pair in alternates for sound in pair)
