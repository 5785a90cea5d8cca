"""The recipe is checked before anything is made, and a fault is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import ContentError
from sandbox.population.dirt import read_recipe
from sandbox.population.dirt.recipe import FILE
from sandbox.settings import CONTENT_ROOT


@pytest.mark.parametrize(
    ("found", "wanted", "says"),
    [
        (
            "spelling: 40",
            "spelling: 1001",
            "field.identity.spelling: Input should be less than or equal to 1000",
        ),
        ("spelling: 40", "spelling: -1", "greater than or equal to 0"),
        ("spelling: 40", "spelling: 0.4", "valid integer"),
        ("spelling: 40", "speling: 40", "unknown key"),
        ("  messaging:\n    shared_phone: 120", "  messaging:\n    duplicate: 120", "unknown key"),
        ("  payee-institutions:\n    missing: 20", "  payments:\n    missing: 20", "unknown key"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, found: str, wanted: str, says: str) -> None:
    text = (CONTENT_ROOT / FILE).read_text(encoding="utf-8")
    assert text.count(found) == 1
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(text.replace(found, wanted), encoding="utf-8")
    spoilt = wanted.splitlines()[-1] if "unknown" not in says or "\n" not in wanted else wanted
    line = text[: text.index(found)].count("\n") + 1
    with pytest.raises(ContentError, match=says) as raised:
        read_recipe(tmp_path)
    assert raised.value.path == str(FILE)
    assert raised.value.line is not None
    assert line <= raised.value.line <= line + spoilt.count("\n") + 1


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="missing"):
        read_recipe(tmp_path)


def test_the_level_none_plants_nothing() -> None:
    rates = read_recipe(CONTENT_ROOT).level("none").rates()
    assert not any(rate for register in rates.values() for rate in register.values())


def test_another_rate_is_another_recipe() -> None:
    recipe = read_recipe(CONTENT_ROOT)
    assert recipe.digest != recipe.model_copy(update={"light": recipe.field}).digest
