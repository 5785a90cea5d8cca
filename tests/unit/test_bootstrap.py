"""Which language pages are written in: the one that is asked for, else the environment's, else English."""

from __future__ import annotations

import pytest

from sandbox.bootstrap import open_languages
from sandbox.errors import NotFound
from sandbox.settings import Settings


def test_english_is_spoken_where_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_LANGUAGE", raising=False)
    assert [language.tag for language in open_languages(Settings())] == ["en"]


def test_the_environment_names_a_language_and_a_command_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_LANGUAGE", "fr")
    assert [language.tag for language in open_languages(Settings())] == ["fr"]
    assert [language.tag for language in open_languages(Settings(), ["en", "fr", "en"])] == ["en", "fr"]


def test_a_language_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_LANGUAGE", "../fr")
    with pytest.raises(NotFound, match="there is no language"):
        open_languages(Settings())
