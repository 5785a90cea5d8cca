"""A new language begins as a folder that passes its checks, and nothing is overwritten."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from babel import Locale

from sandbox.catalog.languages import (
    FOLDER,
    SENTENCES,
    check_languages,
    read_catalogue,
    read_language,
    read_sentences,
)
from sandbox.errors import StateConflict, UsageError
from sandbox.scaffold.language import scaffold_language
from sandbox.settings import CONTENT_ROOT


@pytest.fixture
def content(tmp_path: Path) -> Path:
    (tmp_path / FOLDER).mkdir(parents=True)
    shutil.copyfile(CONTENT_ROOT / SENTENCES, tmp_path / SENTENCES)
    return tmp_path


@pytest.mark.parametrize(
    ("tag", "name", "direction"),
    [("sw", "Kiswahili", "ltr"), ("ar", "العربية", "rtl"), ("pt-BR", "português", "ltr")],
)
def test_a_new_language_is_valid_and_wholly_untranslated(
    content: Path, tag: str, name: str, direction: str
) -> None:
    folder = scaffold_language(content, tag)
    assert folder == content / FOLDER / tag
    assert check_languages(content) == []
    language = read_language(content, tag)
    assert name in language.name
    assert (language.direction, language.needs_review) == (direction, True)
    wanted = {message.id for message in read_sentences(content)}
    assert {message.id for message in read_catalogue(content, tag, Locale.parse(tag, sep="-"))} == wanted
    assert [path.name for path in (content / FOLDER).iterdir() if path.is_dir()] == [tag]


@pytest.mark.parametrize("tag", ["", "../fr", "french", "FR", "zz"])
def test_a_tag_that_is_none_is_refused(content: Path, tag: str) -> None:
    with pytest.raises(UsageError):
        scaffold_language(content, tag)


def test_a_language_that_is_there_is_not_touched(content: Path) -> None:
    folder = scaffold_language(content, "sw")
    (folder / "messages.po").write_text("mine")
    for tag in ("sw", "en"):
        with pytest.raises(StateConflict):
            scaffold_language(content, tag)
    assert (folder / "messages.po").read_text() == "mine"


def test_another_folder_can_be_named(content: Path, tmp_path: Path) -> None:
    assert scaffold_language(content, "sw", out=tmp_path / "out") == tmp_path / "out" / "sw"
    with pytest.raises(StateConflict):
        scaffold_language(content, "sw", out=tmp_path / "out")
