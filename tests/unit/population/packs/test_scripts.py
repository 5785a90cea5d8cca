"""What a text is written in, and its Latin twin by the pack's tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.population.packs.naming import Latin, Script
from sandbox.population.packs.scripts import is_written_in, read_romanisation
from sandbox.settings import CONTENT_ROOT

COUNTRIES = CONTENT_ROOT / "datasets/countries"


@pytest.mark.parametrize(
    ("script", "text", "said"),
    [
        ("Latn", "Jõgeva-Üla O'Neil", True),
        ("Latn", "Иван", False),
        ("Latn", "Ivаn", False),  # the third letter is Cyrillic
        ("Cyrl", "Лукʼян", True),
        ("Cyrl", "Ivan", False),
        ("Deva", "लक्ष्मी", True),
        ("Arab", "عبد الله", True),
        ("Arab", "अभय", False),
        ("Latn", "123 -", False),
    ],
)
def test_every_letter_has_to_be_of_the_script(script: Script, text: str, said: bool) -> None:
    assert is_written_in(script, text) is said


@pytest.mark.parametrize(
    ("native", "latin"),
    [
        # Examples printed beside the table of 2010.
        ("Алушта", "Alushta"),
        ("Згорани", "Zghorany"),
        ("Єнакієве", "Yenakiieve"),
        ("Їжакевич", "Yizhakevych"),
        ("Йосипівка", "Yosypivka"),
        ("Стрий", "Stryi"),
        ("Щербухи", "Shcherbukhy"),
        ("Юрій", "Yurii"),
        ("Корюківка", "Koriukivka"),
        ("Яготин", "Yahotyn"),
        ("Знам'янка", "Znamianka"),
        ("Русанівські озера", "Rusanivski ozera"),
        ("Івано-Франківськ", "Ivano-Frankivsk"),
        ("Розгон", "Rozghon"),
        ("Біла Церква", "Bila Tserkva"),
    ],
)
def test_ukrainian_is_written_by_the_table_of_2010(native: str, latin: str) -> None:
    romanise = read_romanisation(Latin(letters="latin.csv"), folder=COUNTRIES / "ua", root=CONTENT_ROOT)
    assert romanise(native) == latin


def test_a_letter_that_the_table_has_not_is_named() -> None:
    romanise = read_romanisation(Latin(letters="latin.csv"), folder=COUNTRIES / "ua", root=CONTENT_ROOT)
    with pytest.raises(LookupError, match="ы"):
        romanise("Рыба")


def test_words_are_looked_up_whole_and_then_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_text("native,latin\nعبد الله,Abdullah\nحي,Al\nعبد,Abd\n", encoding="utf-8")
    romanise = read_romanisation(Latin(words="latin.csv"), folder=tmp_path, root=tmp_path)
    assert romanise("عبد الله") == "Abdullah"
    assert romanise("عبد حي 7") == "Abd Al 7"
    with pytest.raises(LookupError, match="الله"):
        romanise("حي الله")


def test_without_tables_a_text_is_its_own_twin(tmp_path: Path) -> None:
    assert read_romanisation(None, folder=tmp_path, root=tmp_path)("Õnne") == "Õnne"
